public import GoogleHTTP

/// An access token as it goes into the `Authorization` header.
public struct AccessToken: Sendable, Hashable {
    /// The token.
    public let value: Secret

    /// Wraps a token.
    public init(_ value: Secret) {
        self.value = value
    }

    /// Wraps a token from outside; `nil` for what is no token: printable ASCII only, so that it cannot break out of its
    /// header.
    init?(checking text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self.init(Secret(text))
    }

    /// The value of the `Authorization` header.
    public var authorization: Secret { Secret("Bearer \(value.reveal())") }
}
