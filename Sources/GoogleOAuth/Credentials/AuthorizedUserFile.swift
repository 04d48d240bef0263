import Foundation
import GoogleHTTP
import TextSupport

/// The members of an `authorized_user` file; all may be missing, so that an error can name one.
struct AuthorizedUserFile: Codable {
    /// What bqpull's own store keeps besides; Google's libraries pass over it.
    struct Extras: Codable {
        var stored: Date?
        var isOwnGrant: Bool
        var endpoint: String?
        var client: StoredCredential.Client?
    }

    /// A list, or a text with spaces between; whatever else it is explains nothing and is passed over.
    struct Scopes: Codable {
        var values: [String]

        init(_ values: [String]) {
            self.values = values
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            values =
                (try? container.decode([String].self))
                ?? (try? container.decode(String.self)).map(scopeList) ?? []
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(values)
        }
    }

    var type: String?
    var client_id: String?
    var client_secret: String?
    var refresh_token: String?
    var token_uri: String?
    var quota_project_id: String?
    var scopes: Scopes?
    var bqpull: Extras?

    /// The file of a credential.
    init(_ credential: AuthorizedUserCredential) {
        type = "authorized_user"
        client_id = credential.clientID
        client_secret = credential.clientSecret.reveal()
        refresh_token = credential.refreshToken.reveal()
        token_uri = credential.tokenEndpoint.description
        quota_project_id = credential.quotaProjectID
    }

    /// Reads a file's bytes.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` if it is JSON of another kind, or none, or ambiguous.
    init(json: [UInt8], path: String) throws(OAuthError) {
        try CredentialJSON.requireDistinctMembers(json, path: path)
        do {
            self = try CredentialJSON.decode(Self.self, from: json)
        } catch {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is not a JSON file of credentials",
                hint: "it must be an authorized_user file with client_id, client_secret and refresh_token"
            )
        }
        guard type == nil || type == "authorized_user" else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(path)) holds credentials of type \(printable(type ?? "", limit: 60))",
                hint:
                    "an authorized_user file is needed here: client_id, client_secret, refresh_token; other types are used with --credentials FILE"
            )
        }
    }

    /// The credential in the file.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` if it is incomplete, or `untrustedTokenURI`.
    func credential() throws(OAuthError) -> AuthorizedUserCredential {
        try AuthorizedUserCredential(
            clientID: client_id ?? "", clientSecret: Secret(client_secret ?? ""),
            refreshToken: Secret(refresh_token ?? ""),
            tokenURI: token_uri ?? AuthorizedUserCredential.googleTokenURI, quotaProjectID: quota_project_id
        )
    }

    /// The credential in the file, whose errors name its path.
    func credential(path: String) throws(OAuthError) -> AuthorizedUserCredential {
        do {
            return try credential()
        } catch {
            throw OAuthError(code: error.code, message: "\(printable(path)): \(error.message)", hint: error.hint)
        }
    }
}
