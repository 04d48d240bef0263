package import Foundation
import GoogleHTTP
package import GoogleOAuth
import TextSupport

extension StoredCredential {
    /// The members of a Data Factory linked service that contain its credential.
    private struct LinkedServiceFile: Decodable {
        struct Properties: Decodable {
            var type: String
            var typeProperties: TypeProperties
        }

        struct TypeProperties: Decodable {
            var projectID: String?
            var project: String?
            var authenticationType: String?
            var clientID: Value?
            var clientSecret: Value?
            var refreshToken: Value?

            private enum CodingKeys: String, CodingKey {
                case project, authenticationType, clientSecret, refreshToken
                case projectID = "projectId"
                case clientID = "clientId"
            }
        }

        /// A plain value, a `SecureString`, or a reference.
        enum Value: Decodable {
            case plain(String)
            case reference(String)

            private struct Object: Decodable {
                var type: String
                var value: String?
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                // Any other value must be an object.
                if let text = try? container.decode(String.self) {
                    self = .plain(text)
                    return
                }
                let object = try container.decode(Object.self)
                self = object.value.map { .plain($0) } ?? .reference(object.type)
            }
        }

        var properties: Properties
    }

    private struct ClientFile: Decodable {
        struct Ignored: Decodable {}
        var web: [String: Ignored]?
        var installed: [String: Ignored]?
    }

    /// Reads a credential in any common form: `authorized_user` JSON (of gcloud, Google's libraries or this package), a
    /// Data Factory linked service with plain secrets, or three lines: client ID, client secret, refresh token.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - source: the name of the source in errors.
    ///   - now: the time of the import.
    /// - Throws: `OAuthError` with code `credentialsInvalid` or `untrustedTokenURI`.
    package init(importing bytes: [UInt8], source: String, now: Date = Date()) throws(OAuthError) {
        let bytes = CredentialFile.withoutByteOrderMark(bytes)
        self = try CredentialFile.naming(source) { () throws(OAuthError) in
            guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
                return StoredCredential(try Self.threeLines(bytes), stored: now)
            }
            // The forms are tried in turn. The last one's error is thrown.
            if let file = try? CredentialFile.decode(LinkedServiceFile.self, from: bytes) {
                return StoredCredential(try Self.credential(of: file.properties), stored: now)
            }
            if let file = try? CredentialFile.decode(ClientFile.self, from: bytes), file.web ?? file.installed != nil {
                throw OAuthError(
                    code: .credentialsInvalid, message: "the file of an OAuth client, which has no refresh token",
                    detail: .clientWithoutToken)
            }
            let file = try CredentialFile.decode(
                AuthorizedUserCredential.File.self, from: bytes, detail: .notAuthorizedUser)
            var stored = StoredCredential(try file.credential(), stored: now)
            stored.scopes = file.grantedScopes
            return stored
        }
    }

    /// Reads a file in any of these forms.
    ///
    /// - Throws: `OAuthError` with code `credentialsMissing`, `credentialsInvalid` or `untrustedTokenURI`.
    package init(importingFile path: String, now: Date = Date()) throws(OAuthError) {
        try self.init(importing: try CredentialFile.read(path, what: "the file"), source: path, now: now)
    }

    private static func threeLines(_ bytes: [UInt8]) throws(OAuthError) -> AuthorizedUserCredential {
        let lines = (String(bytes: bytes, encoding: .utf8) ?? "").split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard lines.count == 3, lines.allSatisfy({ !$0.contains(" ") }) else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "neither JSON nor three lines (client ID, client secret, refresh token)")
        }
        return try AuthorizedUserCredential(
            clientID: lines[0], clientSecret: Secret(lines[1]), refreshToken: Secret(lines[2])
        )
    }

    private static func credential(
        of properties: LinkedServiceFile.Properties
    ) throws(OAuthError) -> AuthorizedUserCredential {
        func invalid(_ message: String, _ detail: OAuthError.Detail? = nil) -> OAuthError {
            OAuthError(code: .credentialsInvalid, message: message, detail: detail)
        }
        let type = properties.typeProperties
        guard ["GoogleBigQueryV2", "GoogleBigQuery"].contains(properties.type) else {
            let name = printable(properties.type, limit: 60)
            throw invalid("the linked service is of type \(name), not GoogleBigQueryV2 or GoogleBigQuery")
        }
        guard type.authenticationType != "ServiceAuthentication" else {
            throw invalid("the linked service uses a service account, not UserAuthentication")
        }
        func plain(_ value: LinkedServiceFile.Value?, _ name: String) throws(OAuthError) -> String {
            switch value {
            case .plain(let text) where !text.isEmpty && text.allSatisfy({ $0 == "*" }):
                throw invalid("the linked service hides its \(name) (\(text.prefix(10)))", .secretNotExported)
            case .plain(let text): return text
            case .reference(let kind):
                throw invalid(
                    "the \(name) of the linked service is a reference (\(printable(kind, limit: 60)))",
                    .secretNotExported)
            case nil: return ""
            }
        }
        return try AuthorizedUserCredential(
            clientID: try plain(type.clientID, "clientId"),
            clientSecret: Secret(try plain(type.clientSecret, "clientSecret")),
            refreshToken: Secret(try plain(type.refreshToken, "refreshToken")),
            quotaProjectID: type.projectID ?? type.project
        )
    }
}
