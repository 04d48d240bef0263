/// What requests get their access token from.
public protocol TokenProvider: Sendable {
    /// A token that is valid now.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func accessToken() async throws -> AccessToken

    /// Says that the service rejected this token, so that the next one is another. A token that has been
    /// replaced already is not replaced again.
    func reject(_ token: AccessToken) async

    /// How often a request for a token has been repeated so far. Defaults to 0.
    var repetitionCount: Int64 { get }
}

extension TokenProvider {
    /// None.
    public var repetitionCount: Int64 { 0 }
}
