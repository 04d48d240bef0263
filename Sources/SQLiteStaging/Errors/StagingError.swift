public import TextSupport

/// Why rows could not be staged.
public struct StagingError: CodedError {
    /// The kind of error, which decides the exit code of the command line.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case databaseUnusable, targetExists, schemaMismatch
            case noDatabase, noRun
            case invalidName, noColumns, noKey, unknownColumn
            case tooManyColumns, valueTooLarge, keyViolated, constraintViolated, incomplete
            case busy, targetInUse, superseded, notEnoughSpace
            case io, corrupt, outOfResources, unexpected
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The file cannot be created, opened or written, or is not a database that bqpull may use (exit 73).
        public static let databaseUnusable = Code(.databaseUnusable)
        /// The table exists, and the target does not say that it may be replaced (exit 73).
        public static let targetExists = Code(.targetExists)
        /// The existing table does not go with the columns of the result (exit 73).
        public static let schemaMismatch = Code(.schemaMismatch)
        /// There is no file of this name to read runs from (exit 66).
        public static let noDatabase = Code(.noDatabase)
        /// There is no run of this id, or none that can be continued or removed (exit 64).
        public static let noRun = Code(.noRun)
        /// An upsert without a key, or into a table that has no unique index on it (exit 64).
        public static let noKey = Code(.noKey)
        /// A column of a key or an index that the result does not have (exit 64).
        public static let unknownColumn = Code(.unknownColumn)
        /// A path, table name or column name that cannot be used (exit 64).
        public static let invalidName = Code(.invalidName)
        /// The result has no columns, so there is no table to make (exit 64).
        public static let noColumns = Code(.noColumns)
        /// The result has more columns than this SQLite was built for (exit 65).
        public static let tooManyColumns = Code(.tooManyColumns)
        /// A value or a row is longer than this SQLite was built for (exit 65).
        public static let valueTooLarge = Code(.valueTooLarge)
        /// A row has NULL in its key, or the key of an earlier row (exit 65).
        public static let keyViolated = Code(.keyViolated)
        /// The rows break a constraint or a unique index of the existing table (exit 65).
        public static let constraintViolated = Code(.constraintViolated)
        /// Fewer or more rows were staged than the result has (exit 65).
        public static let incomplete = Code(.incomplete)
        /// Another process held the database for longer than the busy timeout (exit 75).
        public static let busy = Code(.busy)
        /// Another process is staging into the same table (exit 75).
        public static let targetInUse = Code(.targetInUse)
        /// Another run on the same target has taken this run's place (exit 75).
        public static let superseded = Code(.superseded)
        /// The rows need more disk space than is free.
        public static let notEnoughSpace = Code(.notEnoughSpace)
        /// Reading or writing failed, or the disk is full (exit 74).
        public static let io = Code(.io)
        /// The database file is damaged (exit 74).
        public static let corrupt = Code(.corrupt)
        /// Memory or file descriptors ran out (exit 71).
        public static let outOfResources = Code(.outOfResources)
        /// What should not happen: pages out of order, or an SQLite error that has no place here (exit 1).
        public static let unexpected = Code(.unexpected)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `targetExists`.
        public var description: String { value.rawValue }

        /// Whether the same pull may succeed later although nobody changed anything.
        public var isTransient: Bool { value == .busy || value == .targetInUse }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong, and with which file or table, in one line.
    public var message: String
    /// What to do about it, if there is something.
    public var hint: String?
    /// The error of SQLite or the system underneath, if there was one; `message` carries its number.
    public var cause: (any Error)?

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Whether the same pull may succeed later although nobody changed anything.
    public var isTransient: Bool { code.isTransient }
}
