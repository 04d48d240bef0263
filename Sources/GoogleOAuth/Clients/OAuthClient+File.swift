import Foundation
public import GoogleHTTP

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
    /// - Parameter secret: taken if the file has none; newer downloads may leave it out.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it is
    ///   no such file or incomplete, `untrustedTokenURI` if it names an address that is not Google's.
    public init(contentsOfFile path: String, secret: Secret? = nil) throws(OAuthError) {
        let bytes = try readCredentialsFile(path)
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)),
            let client = file.web ?? file.installed
        else {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is not the JSON file of an OAuth client",
                hint:
                    "download it at https://console.cloud.google.com/apis/credentials; it begins with {\"installed\" or {\"web\""
            )
        }
        do {
            try self.init(
                id: client.client_id ?? "", secret: client.client_secret.map { Secret($0) } ?? secret ?? Secret(""),
                kind: file.web == nil ? .installed : .web, redirectURIs: client.redirect_uris ?? [],
                authorizationURI: client.auth_uri, tokenURI: client.token_uri
            )
        } catch {
            throw OAuthError(code: error.code, message: "\(printable(path)): \(error.message)", hint: error.hint)
        }
    }
}
