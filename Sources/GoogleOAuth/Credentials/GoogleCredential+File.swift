import Foundation
import TextSupport

extension GoogleCredential {
    /// Reads a JSON file of credentials of any type that needs no browser: `authorized_user`, `service_account`,
    /// `impersonated_service_account`, `external_account`, `external_account_authorized_user`.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it is of
    ///   another type or incomplete, `untrustedTokenURI` if it would send a secret to an address that is not Google's.
    public init(contentsOfFile path: String) throws(OAuthError) {
        try self.init(json: try readCredentialsFile(path), path: path)
    }

    /// - Parameter path: what the file is called in errors.
    init(json: [UInt8], path: String) throws(OAuthError) {
        try CredentialJSON.requireDistinctMembers(json, path: path)
        let file: File
        do {
            file = try CredentialJSON.decode(File.self, from: json)
        } catch {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is not a JSON file of credentials",
                hint: "it must be a file as gcloud or Google's console make it, with its type in the member type"
            )
        }
        do throws(OAuthError) {
            self = try file.credential.get()
        } catch {
            var error = error
            error.message = "\(printable(path)): \(error.message)"
            throw error
        }
    }

    /// A file, or the part of one that holds other credentials.
    struct File: Decodable {
        let credential: Result<GoogleCredential, OAuthError>

        private struct Common: Decodable {
            var type: String?
            var universe_domain: String?
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
                        message: "the member \(printable(name, limit: 100)) is not what it should be",
                        hint: "take the file as it was made, or make it again"))
            }
        }

        private static func credential(_ common: Common, from decoder: any Decoder) throws -> GoogleCredential {
            let universe = common.universe_domain ?? "googleapis.com"
            guard universe == "googleapis.com" else {
                throw OAuthError(
                    code: .credentialsInvalid,
                    message: "the credentials are for the cloud of \(printable(universe, limit: 100))",
                    hint:
                        "only Google's own cloud, googleapis.com, is supported; --token-command takes a token of another"
                )
            }
            switch common.type ?? "authorized_user" {
            case "authorized_user": return .authorizedUser(try AuthorizedUserFile(from: decoder).credential())
            case "service_account":
                return .serviceAccount(try ServiceAccountCredential(try .init(from: decoder)))
            case "impersonated_service_account":
                return .impersonatedServiceAccount(
                    try ImpersonatedServiceAccountCredential(try .init(from: decoder)))
            case "external_account": return .externalAccount(try ExternalAccountCredential(try .init(from: decoder)))
            case "external_account_authorized_user":
                return .externalAccountUser(try ExternalAccountUserCredential(try .init(from: decoder)))
            case let type: throw unsupported(type)
            }
        }

        private static func unsupported(_ type: String) -> OAuthError {
            let hint =
                switch type {
                case "gdch_service_account":
                    "Google Distributed Cloud Hosted has no BigQuery of Google's; get a token with gdcloud, and give it with --token-command"
                default:
                    "supported are authorized_user, service_account, impersonated_service_account, external_account and external_account_authorized_user; --token-command takes a token of anything else"
                }
            return OAuthError(
                code: .credentialsInvalid, message: "holds credentials of type \(printable(type, limit: 60))",
                hint: hint)
        }
    }
}
