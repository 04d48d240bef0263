import GoogleHTTP

/// Exchanges a refresh token that is not stored. A rotated token is kept in memory and used from then on.
actor RefreshTokenExchange {
    private var refreshToken: Secret
    private let host: String
    private let fetch: @Sendable (_ refreshToken: Secret, TokenContext) async throws -> TokenResponse

    init(
        _ refreshToken: Secret, host: String,
        fetch: @escaping @Sendable (_ refreshToken: Secret, TokenContext) async throws -> TokenResponse
    ) {
        self.refreshToken = refreshToken
        self.host = host
        self.fetch = fetch
    }

    func fetchToken(_ context: TokenContext) async throws -> TokenResponse {
        let response = try await fetch(refreshToken, context)
        if let rotated = response.refreshToken {
            refreshToken = rotated
            context.onWarning(
                "\(host) replaced the refresh token; the new one was not written back, and the old one may stop working"
            )
        }
        return response
    }
}

extension AuthorizedUserCredential {
    /// A provider that caches and renews access tokens.
    ///
    /// A refresh token that the token endpoint rotates is kept in memory only, with a warning.
    ///
    /// - Parameter context: the dependencies of token requests.
    /// - Returns: the provider.
    public func tokenProvider(_ context: TokenContext) -> RenewingTokenProvider {
        let exchange = RefreshTokenExchange(refreshToken, host: tokenEndpoint.host) { refreshToken, context in
            var credential = self
            credential.refreshToken = refreshToken
            return try await credential.fetchToken(context)
        }
        return RenewingTokenProvider(context, awaitsRenewals: true) { try await exchange.fetchToken($0) }
    }
}
