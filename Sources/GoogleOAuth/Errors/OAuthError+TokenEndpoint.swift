import Foundation
import GoogleHTTP
import TextSupport

extension OAuthError {
    /// What a token endpoint exchanges, which determines the meaning of its errors.
    enum Exchange: Sendable {
        case refreshToken
        case authorizationCode
        /// An assertion signed with a service account's key.
        case signedAssertion
        /// A token of another cloud or identity provider.
        case foreignIdentity
    }

    /// The body of an error response (RFC 6749 5.2), with Google's `error_subtype`.
    private struct Body: Decodable {
        var error: String?
        var errorDescription: String?
        var errorSubtype: String?

        private enum CodingKeys: String, CodingKey {
            case error
            case errorDescription = "error_description"
            case errorSubtype = "error_subtype"
        }
    }

    /// Classifies an error response of a token endpoint: by the body's `error` if it has a known one, else by status.
    init(status: Int, body: [UInt8], host: String, exchange: Exchange = .refreshToken) {
        let content = try? JSONDecoder().decodeUnambiguous(Body.self, from: body)
        let code = Self.code(content, exchange: exchange) ?? Self.code(status: status)
        let described = [content?.error, content?.errorDescription].compactMap { $0 }.joined(separator: ": ")
        let reason = described.isEmpty ? "HTTP \(status)" : printable(described, limit: 300)
        self.init(code: code, message: "\(Self.summary(code, host: host)) (\(reason))")
    }

    private static func code(_ content: Body?, exchange: Exchange) -> Code? {
        let description = content?.errorDescription?.lowercased() ?? ""
        return switch content?.error {
        case "invalid_grant" where ["invalid_rapt", "rapt_required"].contains(content?.errorSubtype): .sessionControl
        case "invalid_grant" where exchange == .authorizationCode: .codeRejected
        case "invalid_grant" where exchange == .signedAssertion:
            description.contains("iat and exp") ? .wrongClock : .keyRejected
        case let error? where exchange == .foreignIdentity && identityRefusals.contains(error): .identityRejected
        case "invalid_grant" where ["bad request", "malformed", "invalid"].contains { description.hasPrefix($0) }:
            .damagedToken
        case "invalid_grant", "invalid_token": .expiredOrRevoked
        case "invalid_client" where description.contains("secret"): .wrongClientSecret
        case "invalid_client" where description.contains("not found"): .wrongClientID
        case "invalid_client": .clientRejected
        case "deleted_client", "disabled_client": .deletedClient
        case "unauthorized_client": .foreignToken
        case "redirect_uri_mismatch": .redirectMismatch
        case "access_denied", "admin_policy_enforced", "org_internal": .accessDenied
        case "invalid_request", "unsupported_grant_type", "invalid_scope": .requestRejected
        case "server_error", "temporarily_unavailable", "internal_failure": .serviceUnavailable
        default: nil
        }
    }

    /// The errors of the Security Token Service for a pool, its provider or their conditions.
    private static let identityRefusals: Set = [
        "invalid_grant", "invalid_target", "invalid_request", "unauthorized_client", "access_denied",
    ]

    private static func code(status: Int) -> Code {
        switch status {
        case 408, 429, 500, 502, 503, 504: .serviceUnavailable
        case 400, 401, 403: .requestRejected
        default: .unexpectedAnswer
        }
    }

    private static func summary(_ code: Code, host: String) -> String {
        switch code {
        case .sessionControl: "the organization requires a new login"
        case .expiredOrRevoked: "the refresh token has expired or was revoked"
        case .damagedToken: "\(host) does not recognize the refresh token"
        case .codeRejected: "\(host) rejects the authorization code"
        case .wrongClientID: "no OAuth client has this client ID"
        case .wrongClientSecret: "the client secret does not match the client ID"
        case .deletedClient: "the OAuth client was deleted or disabled"
        case .foreignToken: "the refresh token belongs to another OAuth client"
        case .clientRejected: "\(host) rejects the client ID or client secret"
        case .redirectMismatch: "the redirect URI is not registered for the client"
        case .keyRejected: "\(host) rejects the service account's key"
        case .wrongClock: "this machine's clock is wrong"
        case .identityRejected: "\(host) rejects the external identity of the credential"
        case .accessDenied: "the account or its administrator denied access"
        case .requestRejected: "\(host) rejects the token request"
        case .serviceUnavailable: "\(host) is unavailable"
        default: "the response of \(host) is not one of a token endpoint"
        }
    }
}
