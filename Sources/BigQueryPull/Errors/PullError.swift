package import SQLiteStaging
public import TextSupport

/// An error of a pull as a whole, or of reading a row.
///
/// The request is not one that can be pulled, valid pages do not form one result, or a value does not match the type that
/// it is read as.
public struct PullError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case notAQuery, unsupportedColumn, inconsistentResult, notIncremental, notContinuable
            case loadChanged, loadConflict, rowsWithoutLoad, unassignedMark, loadColumnRequired, invalidBound
            case tableChanges, nothingToMeasure, noSuchColumn, cellMismatch
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The statement is not a single SELECT.
        public static let notAQuery = Code(.notAQuery)
        /// A column has values that cannot be staged exactly.
        public static let unsupportedColumn = Code(.unsupportedColumn)
        /// The pages do not add up to the row count of the result.
        public static let inconsistentResult = Code(.inconsistentResult)
        /// The query, the column or the target cannot be used for an incremental load.
        public static let notIncremental = Code(.notIncremental)
        /// The query of a load without an explicit name, or its parameters, differ from those of its latest run.
        public static let loadChanged = Code(.loadChanged)
        /// The load has another table, incremental column or type, or the table another load column.
        public static let loadConflict = Code(.loadConflict)
        /// Rows that belong to no load were added to the table of an incremental append.
        public static let rowsWithoutLoad = Code(.rowsWithoutLoad)
        /// A version without loads has published several incremental queries into the table.
        public static let unassignedMark = Code(.unassignedMark)
        /// Several loads share the table, and the target names no column for their names.
        public static let loadColumnRequired = Code(.loadColumnRequired)
        /// A bound or a lookback is not valid for the incremental column.
        public static let invalidBound = Code(.invalidBound)
        /// The run cannot be continued by this pull.
        public static let notContinuable = Code(.notContinuable)
        /// The table changed during every read.
        public static let tableChanges = Code(.tableChanges)
        /// There are no rows to benchmark with.
        package static let nothingToMeasure = Code(.nothingToMeasure)
        /// The row has no column of this name or index, or a STRUCT no such member.
        public static let noSuchColumn = Code(.noSuchColumn)
        /// The value cannot be read as the requested Swift type.
        public static let cellMismatch = Code(.cellMismatch)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `notAQuery`.
        public var description: String { value.rawValue }

        /// Whether the same pull may succeed later although nothing has been changed.
        public var isTransient: Bool { value == .tableChanges }
    }

    /// A fact about the error that its code leaves open.
    package enum Detail: Sendable, Hashable {
        /// The pull has no incremental column.
        case noIncrementalColumn
        /// The query ends with a LIMIT, and does not contain the watermark parameter.
        case limitClause
        /// The query of the load `name` has changed. A load of its own could have the name `newName`, and needs a load
        /// column if `needsLoadColumn`.
        case changedQuery(name: String, newName: String, needsLoadColumn: Bool)
        /// The load's name could be replaced by `newName`, which no load has.
        case takenName(newName: String)
        /// The bound that the next run could begin at; `nil` without a mark.
        case rowsWithoutLoad(mark: String?)
        /// The queries of an earlier version, each with a name for its load and its mark.
        case unassigned([NamedLoad])
        /// The load column that the table has.
        case loadColumn(String)
        /// The key has to contain these columns.
        case missingKeyColumn(String)
        /// The target of an incremental load replaces rows.
        case replacesRows
        /// A column with a similar name exists.
        case similarName(String)
        /// The query does not select the column.
        case unselectedColumn
        /// The TIMESTAMP column at this path is finer than microseconds.
        case timestampPrecision(column: String)
    }

    /// A query of an earlier version, with a name that its load could have.
    package struct NamedLoad: Sendable, Hashable {
        package var name: String
        package var load: UnassignedLoad
    }

    /// The kind of error.
    public package(set) var code: Code
    /// What failed, in one line.
    public var message: String
    /// A fact that the code leaves open.
    package var detail: Detail?
    /// The error underneath.
    public package(set) var cause: (any Error)?

    package init(code: Code, message: String, detail: Detail? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.cause = cause
    }

    /// Whether the same pull may succeed later although nothing has been changed.
    public var isTransient: Bool { code.isTransient }
}
