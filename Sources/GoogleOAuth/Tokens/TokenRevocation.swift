import GoogleHTTP

extension AuthorizedUserCredential {
    /// Revokes the refresh token, and with it all access tokens derived from it.
    ///
    /// - Returns: `false` if the token had already expired or been revoked.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    package func revoke(_ context: TokenContext) async throws -> Bool {
        let request = HTTPRequest.form(
            GoogleAddress.service("revoke", nextTo: tokenEndpoint), ["token": refreshToken.reveal()])
        let host = tokenEndpoint.host
        return try await context.exchange(request, host: host) { head, body in
            if head.isSuccess { return true }
            let error = OAuthError(status: head.status, body: body, host: host)
            if [.expiredOrRevoked, .damagedToken].contains(error.code) { return false }
            throw error
        }
    }
}
