public import GoogleHTTP
import TextSupport

extension OAuthClient {
    /// The file that Google's console offers for download.
    private struct File: Decodable {
        struct Client: Decodable {
            var client_id: String?
            var client_secret: String?
            var auth_uri: String?
            var token_uri: String?
            var redirect_uris: [String]?
        }

        var web: Client?
        var installed: Client?
    }

    /// Reads the JSON file that Google's console offers for download: `{"web": {…}}` or `{"installed": {…}}`.
    ///
    /// - Parameter secret: taken instead of the file's, which may have none: newer downloads leave it out.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it is
    ///   no such file, incomplete or ambiguous, `noClientSecret` if only the secret is missing, `untrustedTokenURI` if it names
    ///   an address that is not Google's.
    public init(contentsOfFile path: String, secret: Secret? = nil) throws(OAuthError) {
        try self.init(json: try readCredentialsFile(path, what: "the client file"), path: path, secret: secret)
    }

    /// Reads the content of such a file.
    ///
    /// - Parameter path: what the content is called in errors.
    package init(json bytes: [UInt8], path: String, secret: Secret?) throws(OAuthError) {
        try CredentialJSON.requireDistinctMembers(bytes, path: path)
        guard let file = try? CredentialJSON.decode(File.self, from: bytes),
            let client = file.web ?? file.installed
        else {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is not the JSON file of an OAuth client",
                hint:
                    "download it at https://console.cloud.google.com/apis/credentials; it begins with {\"installed\" or {\"web\""
            )
        }
        guard let secret = secret ?? client.client_secret.map({ Secret($0) }) else {
            throw OAuthError(
                code: .noClientSecret, message: "\(printable(path)) has no client secret in it",
                hint: "give --client-secret-file FILE, or download the file again when you add a new secret"
            )
        }
        do {
            try self.init(
                id: client.client_id ?? "", secret: secret,
                kind: file.web == nil ? .installed : .web, redirectURIs: client.redirect_uris ?? [],
                authorizationURI: client.auth_uri, tokenURI: client.token_uri
            )
        } catch {
            throw OAuthError(code: error.code, message: "\(printable(path)): \(error.message)", hint: error.hint)
        }
    }
}
