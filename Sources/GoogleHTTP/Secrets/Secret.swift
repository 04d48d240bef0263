/// A value that no log, error text or dump may show: a client secret, a token.
///
/// Every way in which Swift prints or encodes a value shows `<redacted>`; code that must send or store the value
/// itself calls ``reveal()``.
public struct Secret: Sendable, Hashable {
    private let value: String

    /// Wraps a value.
    public init(_ value: String) {
        self.value = value
    }

    /// The value itself, for the one place that sends or stores it.
    public func reveal() -> String { value }

    /// Whether there is nothing to keep secret.
    public var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, Encodable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// `<redacted>`.
    public var debugDescription: String { description }

    /// A mirror without children, so that `dump` and debuggers show nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Encodes `<redacted>`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
