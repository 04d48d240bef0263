import Foundation
import Hummingbird

/// Describes an access token.
struct TokenInfoEndpoint: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants

    /// The scopes that reveal the user's email address.
    private static let emailScopes: Set = ["email", "openid", "https://www.googleapis.com/auth/userinfo.email"]

    func respond(to form: URLEncodedForm) -> Response {
        .oauth { () throws(OAuthErrorResponse) in try response(form) }
    }

    private func response(_ form: URLEncodedForm) throws(OAuthErrorResponse) -> JSONObject {
        if configuration.failure == .noTokenInfo {
            throw OAuthErrorResponse("internal_failure", "Backend Error", status: 500)
        }
        guard let text = form["access_token"] else {
            throw OAuthErrorResponse("invalid_token", "Either access_token, id_token, or token_handle required")
        }
        guard let token = grants.accessToken(text) else { throw OAuthErrorResponse("invalid_token", "Invalid Value") }
        let remaining = (token.expiry - .now).components.seconds
        let audience = token.grant.audience ?? configuration.clientID
        var response: JSONObject = [
            "azp": .string(audience), "aud": .string(audience),
            "scope": .string(token.grant.scopes.joined(separator: " ")),
            "exp": .int64(Int64(Date().timeIntervalSince1970) + remaining), "expires_in": .int64(remaining),
        ]
        if !Self.emailScopes.isDisjoint(with: token.grant.scopes) {
            response["email"] = .string(configuration.account)
            response["email_verified"] = "true"
        }
        response["access_type"] = token.grant.isOffline ? "offline" : "online"
        return response
    }
}
