/// A source of access tokens.
///
/// ```swift
/// import GoogleHTTP
/// import GoogleOAuth
///
/// /// A token that another program issued, until it expires.
/// struct FixedToken: TokenProvider {
///     let token: AccessToken
///
///     func accessToken() -> AccessToken { token }
///
///     func reject(_ token: AccessToken) {}
/// }
///
/// let tokens = FixedToken(token: AccessToken(Secret("a token")))
/// ```
///
/// Most sources need no type of their own: ``RenewingTokenProvider`` caches and renews the tokens of a closure.
public protocol TokenProvider: Sendable {
    /// Returns a valid token.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func accessToken() async throws -> AccessToken

    /// Invalidates a token that the service rejected. Has no effect if the token has already been replaced.
    func reject(_ token: AccessToken) async

    /// The response that contained the current token. Defaults to `nil`: unknown.
    var latestResponse: TokenResponse? { get async }

    /// The number of retries of token requests so far. Defaults to 0.
    var retryCount: Int64 { get }

    /// Waits until no token request is in flight. Call it before the program exits. Defaults to returning at once.
    func settle() async
}

extension TokenProvider {
    /// Unknown.
    public var latestResponse: TokenResponse? { nil }

    /// Zero.
    public var retryCount: Int64 { 0 }

    /// Returns at once.
    public func settle() async {}
}
