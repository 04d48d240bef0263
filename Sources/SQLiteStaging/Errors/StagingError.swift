public import TextSupport

/// An error of staging rows in a database.
///
/// Every operation on a database can throw `busy`, `io`, `corrupt`, `outOfResources` and `unexpected`, besides the
/// codes that its documentation lists, and `CancellationError`.
public struct StagingError: CodedError {
    /// The kind of a ``StagingError``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case databaseUnusable, targetExists, schemaMismatch
            case noDatabase, noRun, noLoad
            case invalidName, invalidValue, noColumns, noKey, unknownColumn, unknownOrigin
            case tooManyColumns, valueTooLarge, keyViolated, constraintViolated, incomplete
            case busy, targetInUse, superseded, notEnoughSpace
            case io, corrupt, outOfResources, unexpected
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The file cannot be created, opened or written, or is not a database that rows can be staged in.
        public static let databaseUnusable = Code(.databaseUnusable)
        /// The table exists, and the target does not allow it to be replaced.
        public static let targetExists = Code(.targetExists)
        /// The columns of the result do not match those of the existing table, or of the run to continue.
        public static let schemaMismatch = Code(.schemaMismatch)
        /// The file to read runs from does not exist.
        public static let noDatabase = Code(.noDatabase)
        /// No run has this ID, or it cannot be continued or removed.
        public static let noRun = Code(.noRun)
        /// No load has this name.
        public static let noLoad = Code(.noLoad)
        /// An upsert or a delete-insert has no key, or the table of an upsert has no unique index on the key.
        public static let noKey = Code(.noKey)
        /// The result does not have a column of a key or an index, or it is named twice.
        public static let unknownColumn = Code(.unknownColumn)
        /// A path, table name or column name is invalid or reserved.
        public static let invalidName = Code(.invalidName)
        /// A high-water mark is not a value of the incremental column's type, or the load has no such column or table.
        public static let invalidValue = Code(.invalidValue)
        /// The rows of a load cannot be distinguished from other rows of the table.
        public static let unknownOrigin = Code(.unknownOrigin)
        /// The result has no columns, so no table can be created.
        public static let noColumns = Code(.noColumns)
        /// The table would have more columns than this build of SQLite supports.
        public static let tooManyColumns = Code(.tooManyColumns)
        /// A value or a row is longer than this build of SQLite supports.
        public static let valueTooLarge = Code(.valueTooLarge)
        /// A row has NULL in its key, or the key of an earlier row.
        public static let keyViolated = Code(.keyViolated)
        /// The rows break a constraint or a unique index of the existing table.
        public static let constraintViolated = Code(.constraintViolated)
        /// Fewer or more rows were staged than the result has.
        public static let incomplete = Code(.incomplete)
        /// Another process held the database for longer than the lock timeout.
        public static let busy = Code(.busy)
        /// Another process is staging into the same table.
        public static let targetInUse = Code(.targetInUse)
        /// Another run has taken this run's place.
        public static let superseded = Code(.superseded)
        /// The rows need more disk space than is free.
        public static let notEnoughSpace = Code(.notEnoughSpace)
        /// Reading or writing failed, or the disk is full.
        public static let io = Code(.io)
        /// The database file is damaged.
        public static let corrupt = Code(.corrupt)
        /// Memory or file descriptors ran out.
        public static let outOfResources = Code(.outOfResources)
        /// An internal error: pages out of order, or an SQLite error without a code of its own.
        public static let unexpected = Code(.unexpected)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `targetExists`.
        public var description: String { value.rawValue }

        /// Whether the same operation may succeed later although nothing has been changed.
        package var isTransient: Bool { value == .busy || value == .targetInUse }
    }

    /// A fact about an error, for advice that its code alone does not decide.
    package enum Detail: Sendable, Hashable {
        /// The table cannot be written, or its name cannot be used.
        case unsuitableTable
        /// A view, trigger or index prevents the table from being written or replaced.
        case conflictingObject
        /// An index of another table cannot be read, so no table can be renamed.
        case brokenIndex
        /// Another program's object has a reserved name.
        case reservedName
        /// Another program has changed the control tables.
        case changedRecords
        /// A newer version has written the control tables.
        case newerFormat
        /// The file or its folder cannot be written.
        case notWritable
        /// The file system does not support locks.
        case noFileLocks
        /// The bytes that the missing rows need, if known.
        case diskFull(missingBytes: Int64?)
        /// The file was removed or replaced.
        case replacedFile
        /// Another program has truncated the write-ahead log.
        case truncatedLog
        /// The process or the system has no file descriptors left.
        case openFileLimit
        /// A column of the key is NULL.
        case nullKey
        /// Two different rows of a key have the same highest value.
        case latestRowsDiffer
        /// The statement that would create the unique index.
        case noUniqueIndex(statement: String)
        /// The target does not allow columns to be added.
        case fixedColumns
        /// The rows staged earlier have other columns.
        case changedSchema
        /// A column has an invalid name.
        case columnName
        /// The working directory has an invalid name.
        case workingDirectory
        /// An existing column has a name similar to the unknown one.
        case similarName(String)
        /// The columns of the result.
        case columns([String])
        /// A column is named twice.
        case duplicateColumn
        /// The database that has a log of its runs and loads.
        case runs(path: String)
    }

    /// The kind of error.
    public let code: Code
    /// What failed, and on which file or table, in one line.
    public var message: String
    /// A fact that advice depends on.
    package var detail: Detail?
    /// The error of SQLite or the system underneath, if there is one; `message` has its number.
    public let cause: (any Error)?

    package init(code: Code, message: String, detail: Detail? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.cause = cause
    }

    /// Whether the same operation may succeed later although nothing has been changed.
    public var isTransient: Bool { code.isTransient }
}
