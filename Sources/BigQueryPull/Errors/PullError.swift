public import TextSupport

/// Why a result cannot be pulled as a whole although its parts are right.
public struct PullError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case notAQuery, unsupportedColumn, inconsistentResult, notIncremental, notContinuable
            case tableChanges, nothingToMeasure
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The statement does not return rows, or does more than that.
        public static let notAQuery = Code(.notAQuery)
        /// A column has values that cannot be kept exactly.
        public static let unsupportedColumn = Code(.unsupportedColumn)
        /// The pages do not add up to the result that was promised.
        public static let inconsistentResult = Code(.inconsistentResult)
        /// The query, the column or the target does not go with an incremental pull.
        public static let notIncremental = Code(.notIncremental)
        /// The run cannot be continued by this pull.
        public static let notContinuable = Code(.notContinuable)

        /// The table changed each time that it was read.
        public static let tableChanges = Code(.tableChanges)
        /// There are no rows that a benchmark could fetch.
        public static let nothingToMeasure = Code(.nothingToMeasure)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `notAQuery`.
        public var description: String { value.rawValue }

        /// Whether the same pull may succeed later by itself.
        public var isTransient: Bool { value == .tableChanges }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong, in one line.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The error underneath.
    public var cause: (any Error)?

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Whether the same pull may succeed later although nothing has been changed.
    public var isTransient: Bool { code.isTransient }
}
