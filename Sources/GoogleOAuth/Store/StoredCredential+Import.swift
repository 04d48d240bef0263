public import Foundation
import GoogleHTTP
import TextSupport

extension StoredCredential {
    /// A linked service of Data Factory, as far as it concerns its credential.
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
            case elsewhere(String)

            private struct Object: Decodable {
                var type: String
                var value: String?
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self = .plain(text)
                    return
                }
                let object = try container.decode(Object.self)
                self = object.value.map { .plain($0) } ?? .elsewhere(object.type)
            }
        }

        var properties: Properties
    }

    private struct AnyClientFile: Decodable {
        var web: [String: Ignored]?
        var installed: [String: Ignored]?
        struct Ignored: Decodable {}
    }

    /// Reads a credential in any form in which people have one: `authorized_user` JSON (of gcloud, of Google's
    /// libraries, of bqpull), a Data Factory linked service with plain secrets, or three lines: client id, client
    /// secret, refresh token.
    ///
    /// - Parameters:
    ///   - source: what the bytes are called in errors.
    ///   - now: when it is said to have been stored.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` or `untrustedTokenURI`.
    public init(importing bytes: [UInt8], source: String, now: Date = Date()) throws(OAuthError) {
        let source = printable(source)
        let bytes = withoutByteOrderMark(bytes)
        guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
            self.init(try Self.threeLines(bytes, source: source), stored: now)
            return
        }
        try CredentialJSON.requireDistinctMembers(bytes, path: source)
        if let file = try? CredentialJSON.decode(LinkedServiceFile.self, from: bytes) {
            self.init(try Self.credential(of: file.properties, source: source), stored: now)
            return
        }
        if let file = try? CredentialJSON.decode(AnyClientFile.self, from: bytes), file.web ?? file.installed != nil {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(source) is the file of an OAuth client; it has no refresh token",
                hint: "get one with bqpull auth login --client-file FILE"
            )
        }
        let file = try AuthorizedUserFile(json: bytes, path: source)
        self.init(try file.credential(path: source), stored: now)
        scopes = file.scopes?.values ?? []
    }

    /// Reads a file in any of these forms.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsMissing`, `credentialsInvalid` or `untrustedTokenURI`.
    public init(importingFile path: String, now: Date = Date()) throws(OAuthError) {
        try self.init(importing: try readCredentialsFile(path, what: "the file"), source: path, now: now)
    }

    private static func threeLines(_ bytes: [UInt8], source: String) throws(OAuthError) -> AuthorizedUserCredential {
        let lines = (String(bytes: bytes, encoding: .utf8) ?? "").split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard lines.count == 3, lines.allSatisfy({ !$0.contains(" ") }) else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(source) is neither JSON nor three lines of text",
                hint: "give a JSON file, or three lines: client id, client secret, refresh token"
            )
        }
        return try AuthorizedUserCredential(
            clientID: lines[0], clientSecret: Secret(lines[1]), refreshToken: Secret(lines[2])
        )
    }

    private static func credential(
        of properties: LinkedServiceFile.Properties, source: String
    ) throws(OAuthError) -> AuthorizedUserCredential {
        func invalid(_ what: String, hint: String) -> OAuthError {
            OAuthError(code: .credentialsInvalid, message: "\(source) \(what)", hint: hint)
        }
        let type = properties.typeProperties
        guard ["GoogleBigQueryV2", "GoogleBigQuery"].contains(properties.type) else {
            throw invalid(
                "is a linked service of type \(printable(properties.type, limit: 60))",
                hint: "one of type GoogleBigQueryV2 or GoogleBigQuery is needed"
            )
        }
        guard type.authenticationType != "ServiceAuthentication" else {
            throw invalid("uses a service account", hint: "one with UserAuthentication is needed")
        }
        func plain(_ value: LinkedServiceFile.Value?, _ name: String) throws(OAuthError) -> String {
            switch value {
            case .plain(let text) where !text.isEmpty && text.allSatisfy({ $0 == "*" }):
                throw invalid(
                    "hides its \(name) (\(text.prefix(10)))",
                    hint: "Data Factory does not give secrets out again; put it in by hand")
            case .plain(let text): return text
            case .elsewhere(let kind):
                throw invalid(
                    "has its \(name) in another place (\(printable(kind, limit: 60)))",
                    hint:
                        "read the secret from the vault, and give the three values on standard input: bqpull auth import -"
                )
            case nil: return ""
            }
        }
        do {
            return try AuthorizedUserCredential(
                clientID: try plain(type.clientID, "clientId"),
                clientSecret: Secret(try plain(type.clientSecret, "clientSecret")),
                refreshToken: Secret(try plain(type.refreshToken, "refreshToken")),
                quotaProjectID: type.projectID ?? type.project
            )
        } catch {
            throw OAuthError(
                code: error.code,
                message: error.message.hasPrefix(source) ? error.message : "\(source): \(error.message)",
                hint: error.hint
            )
        }
    }
}
