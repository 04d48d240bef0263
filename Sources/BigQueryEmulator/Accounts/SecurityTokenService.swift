import Foundation
import Hummingbird

/// Google's Security Token Service: exchanges tokens of other identity providers, and refresh tokens of workforce
/// identity pools.
struct SecurityTokenService: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants

    private static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

    func exchange(_ form: URLEncodedForm, _ request: Request) throws(OAuthErrorResponse) -> JSONObject {
        guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange" else {
            throw OAuthErrorResponse("unsupported_grant_type", "The grant type is not supported.")
        }
        guard form["requested_token_type"] == Self.accessTokenType else {
            throw OAuthErrorResponse("invalid_request", "Invalid value for \"requested_token_type\".")
        }
        guard let audience = form["audience"], audience.hasPrefix("//iam.googleapis.com/") else {
            throw OAuthErrorResponse(
                "invalid_request",
                "Invalid value for \"audience\". This value should be the full resource name of the Identity Provider.")
        }
        guard audience == Workload.audience else {
            throw OAuthErrorResponse(
                "invalid_target",
                "The target service indicated by the \"audience\" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist."
            )
        }
        let token = try form.required("subject_token")
        switch form["subject_token_type"] {
        case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token":
            try Workload.check(identityToken: token)
        case "urn:ietf:params:aws:token-type:aws4_request": try Workload.check(awsRequest: token)
        default: throw OAuthErrorResponse("invalid_request", "Invalid value for \"subject_token_type\".")
        }
        let scopes = try form.required("scope").split(separator: " ").map(String.init)
        let tokens = grants.begin(.init(scopes: scopes, isOffline: false), withRefreshToken: false)
        return [
            "access_token": .string(tokens.access), "issued_token_type": .string(Self.accessTokenType),
            "token_type": "Bearer", "expires_in": .number(lifetime),
        ]
    }

    /// Exchanges the refresh token of a workforce identity pool user.
    func refresh(_ form: URLEncodedForm, _ request: Request) throws(OAuthErrorResponse) -> JSONObject {
        let client = Data("\(configuration.clientID):\(configuration.clientSecret)".utf8).base64EncodedString()
        guard request.headers[.authorization] == "Basic \(client)" else {
            throw OAuthErrorResponse("invalid_client", "The OAuth client credentials are invalid.", status: 401)
        }
        guard form["grant_type"] == "refresh_token" else {
            throw OAuthErrorResponse("unsupported_grant_type", "The grant type is not supported.")
        }
        if let refusal = configuration.failure?.tokenError { throw refusal }
        let tokens = try grants.refresh(try form.required("refresh_token"))
        var response: JSONObject = [
            "access_token": .string(tokens.access), "token_type": "Bearer", "expires_in": .number(lifetime),
            "scope": .string(tokens.scopes.joined(separator: " ")),
        ]
        if let refreshToken = tokens.refresh { response["refresh_token"] = .string(refreshToken) }
        return response
    }

    private var lifetime: String { String(configuration.accessTokenLifetime.components.seconds) }
}
