/// A value that must not appear in logs, errors or dumps: a client secret, a token.
///
/// Prints and encodes as `<redacted>`. Code that sends or stores the value calls ``reveal()``.
///
/// ```swift
/// import GoogleHTTP
///
/// let secret = Secret("the refresh token")
/// print(secret)  // <redacted>
/// print(secret.reveal())  // the refresh token
/// ```
public struct Secret: Sendable, Hashable {
    private let value: String

    /// Wraps a value.
    public init(_ value: String) {
        self.value = value
    }

    /// The value itself, to be sent or stored.
    public func reveal() -> String { value }

    /// Whether the value is empty.
    package var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, Encodable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// `<redacted>`.
    public var debugDescription: String { description }

    /// A mirror without children, so that `dump` and debuggers do not show the value.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Encodes `<redacted>`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
