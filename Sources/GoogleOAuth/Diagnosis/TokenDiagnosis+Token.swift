public import GoogleHTTP
import TextSupport

extension TokenDiagnosis {
    /// The scopes that allow to run a query and read its result, each alone.
    private static let sufficientScopes: Set = [
        "https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform",
    ]

    /// Tests that the credentials can be read, and are complete and private: step `credentials`.
    public mutating func testCredentials(
        _ find: () async throws -> CredentialSearch.Finding
    ) async throws -> CredentialSearch.Finding? {
        try await step("credentials") {
            let finding = try await find()
            var detail = "\(printable(finding.source)), \(printable(finding.credential.principal, limit: 200))"
            if let warning = finding.warning { detail += "; warning: \(warning)" }
            return (finding, detail)
        }
    }

    /// Tests that the credential brings an access token, and one that reaches BigQuery: steps `refresh`, or `fetch` for
    /// credentials without a refresh token, `token` and `scope`.
    ///
    /// - Parameters:
    ///   - tokens: gets the credential's tokens.
    ///   - tokenEndpoint: where they are from, beside which is asked about the token.
    public mutating func testToken(
        _ tokens: any TokenProvider, of credential: GoogleCredential, from tokenEndpoint: HTTPEndpoint,
        transport: any HTTPTransport
    ) async throws {
        let hasRefreshToken = credential.authorizedUser != nil
        let exchange = try await step(hasRefreshToken ? "refresh" : "fetch") {
            let token = try await tokens.accessToken()
            let answer = await tokens.latestAnswer
            let lifetime = answer?.lifetime.map { ", good for \($0.components.seconds) s" } ?? ""
            let source = credential.tokenEndpoint == nil ? "the command" : tokenEndpoint.host
            let omission = hasRefreshToken ? "" : "; a \(credential.kind) has no refresh token that could be tested"
            return ((token: token, answer: answer), "\(source) sent an access token\(lifetime)\(omission)")
        }
        guard let (token, answer) = exchange else { return }
        let info: TokenInfo?? = try await step("token") {
            do {
                let info = try await TokenInfo.fetch(of: token, from: tokenEndpoint, transport: transport)
                return (info, Self.detail(info))
            } catch let error as OAuthError {
                return (nil, "warning: nothing can be learnt about the token: \(error.message)")
            } catch let error as HTTPError {
                return (nil, "warning: nothing can be learnt about the token: \(error.message)")
            }
        }
        _ = try await step("scope") {
            guard let scopes = info??.scopes ?? answer?.scopes else {
                return ((), "warning: the scopes are not known; the next steps will tell")
            }
            guard let scope = scopes.first(where: Self.sufficientScopes.contains) else {
                throw OAuthError(
                    code: .missingScope,
                    message: "the token has no scope for BigQuery, only: \(printable(scopes.joined(separator: " ")))",
                    hint: Self.scopeHint(credential)
                )
            }
            return ((), "\(scope) suffices")
        }
    }

    private static func scopeHint(_ credential: GoogleCredential) -> String {
        switch credential {
        case .authorizedUser: "bqpull auth login asks for \(ConsentRequest.bigQueryScope); leave its box ticked"
        case .metadataServer: "stop the machine, and give it the access scope cloud-platform"
        default: "use credentials whose tokens are good for \(ConsentRequest.bigQueryScope)"
        }
    }

    private static func detail(_ info: TokenInfo) -> String {
        var parts = ["scopes \(printable(info.scopes.joined(separator: " ")))"]
        if let audience = info.audience { parts.append("made for \(printable(audience, limit: 120))") }
        parts.append("account \(info.email.map { printable($0, limit: 120) } ?? "not shown to this scope")")
        if let lifetime = info.lifetime { parts.append("\(lifetime.components.seconds) s left") }
        return parts.joined(separator: ", ")
    }
}
