import Hummingbird
import Synchronization

/// The token endpoint: issues tokens for authorization codes, refresh tokens and service account assertions.
final class TokenIssuer: Sendable {
    private let configuration: EmulatorConfiguration
    private let grants: Grants
    private let consents: Consents
    /// The URL of the endpoint, the audience of assertions.
    private let address: @Sendable () -> String
    private let requests = Mutex(0)

    init(
        configuration: EmulatorConfiguration, grants: Grants, consents: Consents,
        address: @escaping @Sendable () -> String
    ) {
        self.configuration = configuration
        self.grants = grants
        self.consents = consents
        self.address = address
    }

    /// The number of requests, including rejected ones.
    var requestCount: Int { requests.withLock { $0 } }

    func respond(to form: URLEncodedForm) -> Response {
        requests.withLock { $0 += 1 }
        if configuration.failure == .tokenServerError { return HTMLPage.serverError.response(status: 503) }
        return .oauth { () throws(OAuthErrorResponse) in try response(form) }
    }

    private func response(_ form: URLEncodedForm) throws(OAuthErrorResponse) -> JSONObject {
        guard let grantType = form["grant_type"] else {
            throw OAuthErrorResponse("invalid_request", "Required parameter is missing: grant_type")
        }
        if grantType == "urn:ietf:params:oauth:grant-type:jwt-bearer" { return try exchangeAssertion(form) }
        let issueTokens: (URLEncodedForm) throws(OAuthErrorResponse) -> Grants.Tokens
        switch grantType {
        case "authorization_code": issueTokens = exchangeCode
        case "refresh_token": issueTokens = refresh
        default: throw OAuthErrorResponse("unsupported_grant_type", "Invalid grant_type: \(grantType)")
        }
        try checkClient(form)
        if let refusal = configuration.failure?.tokenError { throw refusal }
        return json(try issueTokens(form))
    }

    private func checkClient(_ form: URLEncodedForm) throws(OAuthErrorResponse) {
        guard let clientID = form["client_id"] else {
            throw OAuthErrorResponse("invalid_request", "Could not determine client ID from request.")
        }
        guard clientID == configuration.clientID else { throw .unknownClient }
        guard let secret = form["client_secret"] else {
            throw OAuthErrorResponse("invalid_request", "client_secret is missing.")
        }
        guard secret == configuration.clientSecret else {
            throw OAuthErrorResponse("invalid_client", "The provided client secret is invalid.", status: 401)
        }
    }

    private func exchangeCode(_ form: URLEncodedForm) throws(OAuthErrorResponse) -> Grants.Tokens {
        let code = try consents.takeCode(try form.required("code"))
        guard try form.required("redirect_uri") == code.request.redirectURI.text else {
            throw OAuthErrorResponse("redirect_uri_mismatch", "Bad Request")
        }
        try code.request.challenge?.check(verifier: form["code_verifier"])
        return grants.begin(
            Grants.Grant(scopes: code.scopes, isOffline: code.request.isOffline),
            withRefreshToken: code.issuesRefreshToken && configuration.failure != .noRefreshToken)
    }

    private func refresh(_ form: URLEncodedForm) throws(OAuthErrorResponse) -> Grants.Tokens {
        try grants.refresh(try form.required("refresh_token"))
    }

    private func exchangeAssertion(_ form: URLEncodedForm) throws(OAuthErrorResponse) -> JSONObject {
        let account = ServiceAccount(project: configuration.project)
        let scopes = try account.scopes(of: try form.required("assertion"), audience: address())
        let tokens = grants.begin(
            Grants.Grant(scopes: scopes, isOffline: false, audience: ServiceAccount.uniqueID), withRefreshToken: false)
        var response = json(tokens)
        // Google's response for a service account has no `scope`.
        response["scope"] = nil
        return response
    }

    private func json(_ tokens: Grants.Tokens) -> JSONObject {
        var response: JSONObject = [
            "access_token": .string(tokens.access),
            "expires_in": .number(String(configuration.accessTokenLifetime.components.seconds)),
        ]
        if let refreshToken = tokens.refresh { response["refresh_token"] = .string(refreshToken) }
        response["scope"] = .string(tokens.scopes.joined(separator: " "))
        response["token_type"] = "Bearer"
        if tokens.refresh != nil, let lifetime = configuration.refreshTokenLifetime {
            response["refresh_token_expires_in"] = .number(String(lifetime.components.seconds))
        }
        return response
    }
}
