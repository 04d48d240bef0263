/// An error of one of the package's libraries.
///
/// All of them have the same members, so that a caller can report any of them.
///
/// Cancellation is never wrapped: it is thrown as `CancellationError`.
public protocol CodedError: Error, Sendable, CustomStringConvertible {
    /// The kind of error: a stable identifier, for example `quotaExceeded`.
    associatedtype Code: Hashable, Sendable, CustomStringConvertible

    /// The kind of error.
    var code: Code { get }
    /// What failed and on which object, in one line, without secrets.
    var message: String { get set }
    /// The error underneath, if there is one.
    var cause: (any Error)? { get }
    /// Whether the same operation can succeed later without any change.
    var isTransient: Bool { get }
}

extension CodedError {
    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
