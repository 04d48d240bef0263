public import GoogleHTTP
import TextSupport

extension OAuthClient {
    /// The file that Google's console offers for download.
    private struct File: Decodable {
        struct Client: Decodable {
            var clientID: String?
            var clientSecret: String?
            var authorizationURI: String?
            var tokenURI: String?
            var redirectURIs: [String]?

            private enum CodingKeys: String, CodingKey {
                case clientID = "client_id"
                case clientSecret = "client_secret"
                case authorizationURI = "auth_uri"
                case tokenURI = "token_uri"
                case redirectURIs = "redirect_uris"
            }
        }

        var web: Client?
        var installed: Client?
    }

    /// Reads the JSON file that Google's console offers for download: `{"web": {…}}` or `{"installed": {…}}`.
    ///
    /// - Parameters:
    ///   - path: the file, of at most 64 KiB.
    ///   - secret: replaces the file's secret, which newer downloads omit. Defaults to the file's.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it is not
    ///   a client file, incomplete or ambiguous, `noClientSecret` if only the secret is missing, `untrustedTokenURI` if
    ///   it names an untrusted endpoint.
    public init(contentsOfFile path: String, secret: Secret? = nil) throws(OAuthError) {
        try self.init(json: try CredentialFile.read(path, what: "the client file"), path: path, secret: secret)
    }

    /// Reads the content of a client file.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - path: the name of the file in errors.
    ///   - secret: replaces the file's secret.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid`, `noClientSecret` or `untrustedTokenURI`.
    package init(json bytes: [UInt8], path: String, secret: Secret?) throws(OAuthError) {
        self = try CredentialFile.naming(path) { () throws(OAuthError) in
            let what = "the JSON file of an OAuth client"
            let file = try CredentialFile.decode(File.self, from: bytes, what: what, detail: .notAClient)
            guard let client = file.web ?? file.installed else {
                throw OAuthError(code: .credentialsInvalid, message: "not \(what)", detail: .notAClient)
            }
            guard let secret = secret ?? client.clientSecret.map({ Secret($0) }) else {
                throw OAuthError(code: .noClientSecret, message: "the client file contains no client secret")
            }
            return try OAuthClient(
                id: client.clientID ?? "", secret: secret,
                kind: file.web == nil ? .installed : .web, redirectURIs: client.redirectURIs ?? [],
                authorizationURI: client.authorizationURI, tokenURI: client.tokenURI
            )
        }
    }
}
