/// What requests get their access token from.
public protocol TokenProvider: Sendable {
    /// A token that is valid now.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func accessToken() async throws -> AccessToken

    /// Says that the service rejected this token, so that the next one is another. A token that has been
    /// replaced already is not replaced again.
    func reject(_ token: AccessToken) async
}
