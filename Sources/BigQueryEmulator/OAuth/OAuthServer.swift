import Foundation
import HTTPTypes
import Hummingbird

/// Google's OAuth endpoints: consent page, tokens, token information and revocation, and the token services for service
/// accounts, machines and workloads.
struct OAuthServer: Sendable {
    /// The path of the authorization endpoint.
    static let authorizePath = "/o/oauth2/v2/auth"

    let grants: Grants
    let consents: Consents
    private let authorizePage: AuthorizePage
    private let tokens: TokenIssuer
    private let tokenInfo: TokenInfoEndpoint
    private let securityTokens: SecurityTokenService
    private let accountCredentials: AccountCredentials
    private let machine: MachineMetadata
    private let latency: Duration
    private let onChange: @Sendable () -> Void

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - configuration: the clients, accounts and lifetimes.
    ///   - onChange: called after each request that can change a counter.
    ///   - endpoint: returns the server's base URL.
    init(
        configuration: EmulatorConfiguration, onChange: @escaping @Sendable () -> Void,
        endpoint: @escaping @Sendable () -> String
    ) {
        self.onChange = onChange
        grants = Grants(configuration: configuration)
        consents = Consents(codeLifetime: configuration.codeLifetime)
        authorizePage = AuthorizePage(configuration: configuration, grants: grants, consents: consents)
        tokens = TokenIssuer(configuration: configuration, grants: grants, consents: consents) {
            endpoint() + "/token"
        }
        securityTokens = SecurityTokenService(configuration: configuration, grants: grants)
        accountCredentials = AccountCredentials(configuration: configuration, grants: grants)
        machine = MachineMetadata(configuration: configuration, grants: grants)
        tokenInfo = TokenInfoEndpoint(configuration: configuration, grants: grants)
        latency = configuration.latency
    }

    var tokenRequestCount: Int { tokens.requestCount }

    func addRoutes(to router: Router<BasicRequestContext>) {
        add(.get, RouterPath(Self.authorizePath), to: router, authorizePage.show)
        add(.post, RouterPath(Self.authorizePath), to: router, authorizePage.decide)
        add(.post, "token", to: router, tokens.respond)
        add(.get, "tokeninfo", to: router, tokenInfo.respond)
        add(.post, "tokeninfo", to: router, tokenInfo.respond)
        add(.post, "revoke", to: router, revoke)
        add("v1/token", to: router, securityTokens.exchange)
        add("v1/oauthtoken", to: router, securityTokens.refresh)
        router.post("v1/projects/-/serviceAccounts/:resource") { [accountCredentials] request, context -> Response in
            let resource = context.parameters.get("resource")?.removingPercentEncoding ?? ""
            return await accountCredentials.respond(to: request, resource: resource)
        }
        machine.addRoutes(to: router)
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: RouterPath, to router: Router<BasicRequestContext>,
        _ respond: @escaping @Sendable (URLEncodedForm) -> Response
    ) {
        router.on(path, method: method) { [latency, onChange] request, _ in
            // The delay comes after the effect: a client that stops waiting has caused it nonetheless.
            let response = respond(try await URLEncodedForm(request))
            onChange()
            await delay(latency)
            return response
        }
    }

    private func add(
        _ path: RouterPath, to router: Router<BasicRequestContext>,
        _ response: @escaping @Sendable (URLEncodedForm, Request) throws(OAuthErrorResponse) -> JSONObject
    ) {
        router.post(path) { request, _ -> Response in
            let form = try await URLEncodedForm(request)
            return .oauth { () throws(OAuthErrorResponse) in try response(form, request) }
        }
    }

    private func revoke(_ form: URLEncodedForm) -> Response {
        .oauth { () throws(OAuthErrorResponse) in
            try grants.revoke(try form.required("token"))
            return [:]
        }
    }
}
