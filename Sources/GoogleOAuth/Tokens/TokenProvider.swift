/// What requests get their access token from.
public protocol TokenProvider: Sendable {
    /// A token that is valid now.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func accessToken() async throws -> AccessToken

    /// Says that the service rejected this token, so that the next one is another. A token that has been
    /// replaced already is not replaced again.
    func reject(_ token: AccessToken) async

    /// The answer that brought the token in use; `nil` before the first one, and where it is not known, which is the
    /// default.
    var latestAnswer: TokenResponse? { get async }

    /// How often a request for a token has been repeated so far. Defaults to 0.
    var retryCount: Int64 { get }

    /// Waits until no request for a token is in flight, as a program does before it ends. Defaults to not waiting.
    func settle() async
}

extension TokenProvider {
    /// Not known.
    public var latestAnswer: TokenResponse? { nil }

    /// None.
    public var retryCount: Int64 { 0 }

    /// Does not wait.
    public func settle() async {}
}
