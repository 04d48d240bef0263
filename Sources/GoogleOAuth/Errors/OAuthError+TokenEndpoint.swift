import Foundation
import GoogleHTTP
import TextSupport

extension OAuthError {
    /// What a token endpoint was asked to exchange, which decides what its refusals mean.
    enum Exchange: Sendable {
        case refreshToken
        case authorizationCode
        /// A request that is signed with a service account's key.
        case signedAssertion
        /// What another cloud or identity provider said.
        case foreignIdentity
    }

    /// The body of a refusal (RFC 6749 5.2), with Google's `error_subtype`.
    private struct Refusal: Decodable {
        var error: String?
        var error_description: String?
        var error_subtype: String?
    }

    /// The error that an answer of the token endpoint with an error status stands for.
    ///
    /// `error` decides; where there is none that is known, the status does.
    init(status: Int, body: [UInt8], host: String, exchange: Exchange = .refreshToken) {
        let refusal = try? JSONDecoder().decodeUnambiguous(Refusal.self, from: body)
        let code = Self.code(refusal, exchange: exchange) ?? Self.code(status: status)
        let described = [refusal?.error, refusal?.error_description].compactMap { $0 }.joined(separator: ": ")
        let detail = described.isEmpty ? "HTTP \(status)" : printable(described, limit: 300)
        self.init(code: code, message: "\(Self.summary(code, host: host)) (\(detail))", hint: Self.hint(code))
    }

    private static func code(_ refusal: Refusal?, exchange: Exchange) -> Code? {
        let description = refusal?.error_description?.lowercased() ?? ""
        return switch refusal?.error {
        case "invalid_grant" where ["invalid_rapt", "rapt_required"].contains(refusal?.error_subtype): .sessionControl
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

    /// The errors by which the Security Token Service says that a pool, its provider or their conditions are not met.
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
        case .sessionControl: "the organisation asks for a new login"
        case .expiredOrRevoked: "the refresh token has expired or was revoked"
        case .damagedToken: "\(host) does not know the refresh token"
        case .codeRejected: "\(host) rejects the authorization code"
        case .wrongClientID: "there is no OAuth client of this client id"
        case .wrongClientSecret: "the client secret is not the one of this client id"
        case .deletedClient: "the OAuth client was deleted or disabled"
        case .foreignToken: "the refresh token belongs to another OAuth client"
        case .clientRejected: "\(host) rejects the client id or client secret"
        case .redirectMismatch: "the redirect URI is not one that is registered for the client"
        case .keyRejected: "\(host) does not accept the service account's key"
        case .wrongClock: "this machine's clock is wrong"
        case .identityRejected: "\(host) does not accept the identity that the credentials refer to"
        case .accessDenied: "the account or its administrator refused access"
        case .requestRejected: "\(host) does not accept the token request"
        case .serviceUnavailable: "\(host) is unavailable"
        default: "\(host) did not answer like a token endpoint"
        }
    }

    /// What to do about an error, wherever it is met.
    static func hint(_ code: Code) -> String? {
        switch code {
        case .sessionControl:
            "bqpull auth login; the organisation's session length decides how long the new token lasts"
        case .expiredOrRevoked:
            "bqpull auth login. A token of a consent screen in \"Testing\" ends after seven days (publish the app), one unused for six months ends too, and so does the oldest of more than 100 tokens"
        case .damagedToken:
            "copy all of the refresh token again, or bqpull auth login; a token that ended long ago is not known any more either"
        case .codeRejected: "start again with bqpull auth login: a code works once and only for some minutes"
        case .wrongClientID:
            "compare the client id with https://console.cloud.google.com/apis/credentials; it ends in .apps.googleusercontent.com"
        case .wrongClientSecret:
            "copy the secret again from https://console.cloud.google.com/apis/credentials, or make a new one there; refresh tokens stay valid"
        case .deletedClient:
            "restore it within 30 days at https://console.cloud.google.com/apis/credentials, or make a new client and bqpull auth login"
        case .foreignToken:
            "use the client id and secret that the token was made with, or bqpull auth login with this client"
        case .clientRejected:
            "compare client id and client secret with https://console.cloud.google.com/apis/credentials"
        case .redirectMismatch:
            "add it to the client's authorized redirect URIs at https://console.cloud.google.com/apis/credentials, or give a registered one with --redirect-uri"
        case .accessDenied:
            "while the consent screen is in \"Testing\" only its test users may consent; else ask the administrator of the account to allow this client"
        case .keyRejected:
            "the key was deleted or disabled, or its account was: compare private_key_id with the keys of the account at https://console.cloud.google.com/iam-admin/serviceaccounts"
        case .wrongClock:
            "set this machine's clock (timedatectl set-ntp true): requests are signed with the time, and are good for an hour"
        case .identityRejected:
            "compare audience and subject_token_type with the provider at https://console.cloud.google.com/iam-admin/workload-identity-pools, and what it says of the identity with the provider's conditions"
        case .impersonationDenied:
            "grant the role roles/iam.serviceAccountTokenCreator on the service account to these credentials, and enable the IAM Service Account Credentials API"
        case .requestRejected: "check that the credentials are those of an OAuth client and its refresh token"
        case .serviceUnavailable: "run the same command again later"
        case .unexpectedAnswer: "check token_uri in the credentials, and whether a proxy answers in the place of Google"
        default: nil
        }
    }
}
