public import TextSupport

/// An error of an encoder or of the file that is written.
public struct RowFormatError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case emptyLine, invalidNull, io, outOfOrder
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// A CSV row would be an empty line, which CSV readers skip: its only column is NULL.
        public static let emptyLine = Code(.emptyLine)
        /// The text of NULL would need quotes.
        public static let invalidNull = Code(.invalidNull)
        /// The file cannot be created, written or renamed.
        public static let io = Code(.io)
        /// A page does not match the schema, or a sink is not called in the order `begin`, `append`, `finish`.
        public static let outOfOrder = Code(.outOfOrder)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `emptyLine`.
        public var description: String { value.rawValue }
    }

    /// The kind of error.
    public let code: Code
    /// What failed, in one line.
    public var message: String
    /// The error underneath.
    public let cause: (any Error)?

    package init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Always `false`.
    public var isTransient: Bool { false }
}
