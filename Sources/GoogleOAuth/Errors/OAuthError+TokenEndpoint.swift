import Foundation
import GoogleHTTP

extension OAuthError {
    /// The body of a refusal (RFC 6749 5.2), with Google's `error_subtype`.
    private struct Refusal: Decodable {
        var error: String?
        var error_description: String?
        var error_subtype: String?
    }

    /// The error that an answer of the token endpoint with an error status stands for.
    ///
    /// `error` decides; where there is none that is known, the status does.
    init(status: Int, body: [UInt8], host: String) {
        let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body))
        let code = Self.code(error: refusal?.error, subtype: refusal?.error_subtype, status: status)
        let described = [refusal?.error, refusal?.error_description].compactMap { $0 }.joined(separator: ": ")
        let detail = described.isEmpty ? "HTTP \(status)" : printable(described, limit: 300)
        self.init(code: code, message: "\(Self.summary(code, host: host)) (\(detail))", hint: Self.hint(code))
    }

    private static func code(error: String?, subtype: String?, status: Int) -> Code {
        switch error {
        case "invalid_grant" where subtype == "invalid_rapt" || subtype == "rapt_required": .sessionControl
        case "invalid_grant": .refreshTokenRejected
        case "invalid_client", "unauthorized_client", "deleted_client", "disabled_client": .clientRejected
        case "access_denied", "admin_policy_enforced", "org_internal": .accessDenied
        case "invalid_request", "unsupported_grant_type", "invalid_scope": .requestRejected
        case "server_error", "temporarily_unavailable", "internal_failure": .serviceUnavailable
        default:
            switch status {
            case 408, 429, 500, 502, 503, 504: .serviceUnavailable
            case 400, 401, 403: .requestRejected
            default: .unexpectedAnswer
            }
        }
    }

    private static func summary(_ code: Code, host: String) -> String {
        switch code {
        case .sessionControl: "the organisation asks for a new login"
        case .refreshTokenRejected: "\(host) rejects the refresh token"
        case .clientRejected: "\(host) rejects the client id or client secret"
        case .accessDenied: "the account or its administrator refused access"
        case .requestRejected: "\(host) does not accept the token request"
        case .serviceUnavailable: "\(host) is unavailable"
        default: "\(host) did not answer like a token endpoint"
        }
    }

    private static func hint(_ code: Code) -> String? {
        switch code {
        case .sessionControl:
            "get a new refresh token; the organisation's session length decides how long it lasts"
        case .refreshTokenRejected:
            "get a new refresh token. One of a consent screen in \"Testing\" ends after seven days (publish the app), one unused for six months ends too, and one copied in part never works"
        case .clientRejected:
            "compare client id and client secret with the Google Cloud console; a refresh token works only with the client that it was made for"
        case .accessDenied: "ask the administrator of the Google account to allow this client"
        case .requestRejected: "check that the credentials are those of an OAuth client and its refresh token"
        case .serviceUnavailable: "run the same command again later"
        default: "check token_uri in the credentials, and whether a proxy answers in the place of Google"
        }
    }
}
