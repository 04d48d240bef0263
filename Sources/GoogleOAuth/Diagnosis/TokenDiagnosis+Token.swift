package import GoogleHTTP
import TextSupport

extension TokenDiagnosis {
    /// The scopes of which each alone permits queries and reading their results.
    private static let sufficientScopes: Set = [
        "https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform",
    ]

    /// Tests that the credential yields an access token with a scope for BigQuery: steps `refresh`, or `fetch` for a
    /// credential without a refresh token, `token` and `scope`.
    ///
    /// - Parameters:
    ///   - tokens: the provider of the credential's tokens.
    ///   - credential: the credential.
    ///   - tokenEndpoint: the endpoint that issues the tokens. Token information is requested from the same server.
    ///   - transport: sends the request for token information.
    /// - Throws: `CancellationError`.
    package mutating func testToken(
        _ tokens: any TokenProvider, of credential: GoogleCredential, from tokenEndpoint: HTTPEndpoint,
        transport: any HTTPTransport
    ) async throws {
        let hasRefreshToken = credential.authorizedUser != nil
        let exchange = try await step(hasRefreshToken ? "refresh" : "fetch") {
            let token = try await tokens.accessToken()
            let response = await tokens.latestResponse
            let lifetime = response?.lifetime.map { ", valid for \($0.components.seconds) s" } ?? ""
            let source = credential.tokenEndpoint == nil ? "the command" : tokenEndpoint.host
            let omission = hasRefreshToken ? "" : "; the type \(credential.kind) has no refresh token to test"
            return ((token: token, response: response), "\(source) sent an access token\(lifetime)\(omission)")
        }
        guard let (token, response) = exchange else { return }
        let info: TokenInfo?? = try await step("token") {
            do {
                let info = try await TokenInfo.fetch(of: token, from: tokenEndpoint, transport: transport)
                return (info, Self.summary(info))
            } catch let error as any CodedError {
                return (nil, "warning: no token information: \(error.message)")
            }
        }
        _ = try await step("scope") {
            guard let scopes = info??.scopes ?? response?.scopes else {
                return ((), "warning: the scopes are unknown; the next steps test them")
            }
            guard let scope = scopes.first(where: Self.sufficientScopes.contains) else {
                throw OAuthError(
                    code: .missingScope,
                    message: "the token has no scope for BigQuery, only: \(printable(scopes.joined(separator: " ")))",
                    detail: Self.detail(credential))
            }
            return ((), "\(scope) suffices")
        }
    }

    private static func detail(_ credential: GoogleCredential) -> OAuthError.Detail? {
        switch credential {
        case .authorizedUser: nil
        case .metadataServer: .machineScopes
        default: .tokenScopes
        }
    }

    private static func summary(_ info: TokenInfo) -> String {
        var parts = ["scopes \(printable(info.scopes.joined(separator: " ")))"]
        if let audience = info.audience { parts.append("issued to \(printable(audience, limit: 120))") }
        parts.append("account \(info.email.map { printable($0, limit: 120) } ?? "not visible with these scopes")")
        if let lifetime = info.lifetime { parts.append("\(lifetime.components.seconds) s left") }
        return parts.joined(separator: ", ")
    }
}
