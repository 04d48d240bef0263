import HTTPTypes
import Hummingbird

/// Google's OAuth server: the consent page, tokens, information about them and their revocation.
struct OAuthServer: Sendable {
    /// Where the browser asks for the user's consent.
    static let authorizePath = "/o/oauth2/v2/auth"

    let grants: Grants
    let consents: Consents
    private let authorizePage: AuthorizePage
    private let tokens: TokenEndpoint
    private let tokenInfo: TokenInfoEndpoint
    private let latency: Duration

    init(configuration: EmulatorConfiguration) {
        grants = Grants(configuration: configuration)
        consents = Consents(codeLifetime: configuration.codeLifetime)
        authorizePage = AuthorizePage(configuration: configuration, grants: grants, consents: consents)
        tokens = TokenEndpoint(configuration: configuration, grants: grants, consents: consents)
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
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: RouterPath, to router: Router<BasicRequestContext>,
        _ respond: @escaping @Sendable (Form) -> Response
    ) {
        router.on(path, method: method) { [latency] request, _ in
            // First what has an effect, then the wait: an answer that nobody waits for has had it all the same.
            let response = respond(try await Form(request))
            try? await Task.sleep(for: latency)
            return response
        }
    }

    private func revoke(_ form: Form) -> Response {
        .oauth { () throws(OAuthError) in
            try grants.revoke(try form.required("token"))
            return [:]
        }
    }
}
