import Foundation
import Hummingbird

/// Tells what an access token is good for.
struct TokenInfoEndpoint: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants

    /// A token tells the user's address only if it is good for one of these.
    private static let emailScopes: Set = ["email", "openid", "https://www.googleapis.com/auth/userinfo.email"]

    func respond(to form: Form) -> Response {
        .oauth { () throws(OAuthError) in try answer(form) }
    }

    private func answer(_ form: Form) throws(OAuthError) -> JSONObject {
        if configuration.failure == .noTokenInfo {
            throw OAuthError("internal_failure", "Backend Error", status: 500)
        }
        guard let text = form["access_token"] else {
            throw OAuthError("invalid_token", "Either access_token, id_token, or token_handle required")
        }
        guard let token = grants.accessToken(text) else { throw OAuthError("invalid_token", "Invalid Value") }
        let remaining = (token.expiry - .now).components.seconds
        let audience = token.grant.audience ?? configuration.clientID
        var answer: JSONObject = [
            "azp": .string(audience), "aud": .string(audience),
            "scope": .string(token.grant.scopes.joined(separator: " ")),
            "exp": .int64(Int64(Date().timeIntervalSince1970) + remaining), "expires_in": .int64(remaining),
        ]
        if !Self.emailScopes.isDisjoint(with: token.grant.scopes) {
            answer["email"] = .string(configuration.account)
            answer["email_verified"] = "true"
        }
        answer["access_type"] = token.grant.isOffline ? "offline" : "online"
        return answer
    }
}
