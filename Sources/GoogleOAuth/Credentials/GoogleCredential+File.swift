import Foundation
import TextSupport

extension GoogleCredential {
    /// Reads a JSON file of any credential type that needs no browser: `authorized_user`, `service_account`,
    /// `impersonated_service_account`, `external_account`, `external_account_authorized_user`. Blocks the thread.
    ///
    /// - Parameter path: the file, of at most 64 KiB, or an inherited pipe (`/dev/fd/N`), which can be silent for 10
    ///   seconds.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it is of
    ///   another type or incomplete, `untrustedTokenURI` if it would send a secret to an untrusted endpoint.
    public init(contentsOfFile path: String) throws(OAuthError) {
        try self.init(json: try CredentialFile.read(path), path: path)
    }

    /// Reads the content of a file, whose name in errors is `path`.
    init(json: [UInt8], path: String) throws(OAuthError) {
        self = try CredentialFile.naming(path) { () throws(OAuthError) in
            try CredentialFile.decode(File.self, from: json, detail: .malformedFile).credential.get()
        }
    }

    /// A file, or the source credential in another file.
    struct File: Decodable {
        let credential: Result<GoogleCredential, OAuthError>

        private struct Common: Decodable {
            var type: String?
            var universeDomain: String?

            private enum CodingKeys: String, CodingKey {
                case type
                case universeDomain = "universe_domain"
            }
        }

        init(from decoder: any Decoder) throws {
            let common = try Common(from: decoder)
            do {
                credential = .success(try Self.credential(common, from: decoder))
            } catch let error as OAuthError {
                credential = .failure(error)
            } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
                let name = context.codingPath.map(\.stringValue).joined(separator: ".")
                credential = .failure(
                    OAuthError(
                        code: .credentialsInvalid,
                        message: "the member \(printable(name, limit: 100)) has an unexpected type",
                        detail: .malformedFile))
            }
        }

        private static func credential(_ common: Common, from decoder: any Decoder) throws -> GoogleCredential {
            if let universe = common.universeDomain, universe != "googleapis.com" {
                throw unsupported(
                    "the credential is for the universe \(printable(universe, limit: 100)), not googleapis.com")
            }
            switch common.type ?? "authorized_user" {
            case "authorized_user":
                return .authorizedUser(try AuthorizedUserCredential.File(from: decoder).credential())
            case "service_account":
                return .serviceAccount(try ServiceAccountCredential(try .init(from: decoder)))
            case "impersonated_service_account":
                return .impersonatedServiceAccount(
                    try ImpersonatedServiceAccountCredential(try .init(from: decoder)))
            case "external_account": return .externalAccount(try ExternalAccountCredential(try .init(from: decoder)))
            case "external_account_authorized_user":
                return .externalAccountUser(try ExternalAccountUserCredential(try .init(from: decoder)))
            case let type: throw unsupported("the credential is of type \(printable(type, limit: 60))")
            }
        }

        private static func unsupported(_ message: String) -> OAuthError {
            OAuthError(code: .credentialsInvalid, message: message, detail: .unsupportedType)
        }
    }
}
