public import GoogleHTTP

/// An access token as it goes into the `Authorization` header.
public struct AccessToken: Sendable, Hashable {
    /// The token.
    public let value: Secret

    /// Wraps a token.
    public init(_ value: Secret) {
        self.value = value
    }

    /// The value of the `Authorization` header.
    public var authorization: Secret { Secret("Bearer \(value.reveal())") }
}
