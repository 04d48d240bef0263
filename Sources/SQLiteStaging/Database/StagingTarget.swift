/// The destination of rows: a database file, a table in it, and how to treat an existing table.
///
/// ```swift
/// import SQLiteStaging
///
/// /// Every run updates the orders that it has again, and adds the others.
/// let orders = StagingTarget(path: "staging.db", table: "orders", ifExists: .upsert, key: ["order_id"])
/// ```
public struct StagingTarget: Sendable, Hashable {
    /// The treatment of an existing table.
    public enum ExistingTable: String, Sendable, CaseIterable {
        /// Reject the run.
        case fail
        /// Replace it, even if another program created it.
        case replace
        /// Add rows to it. Its columns must match those of the result.
        case append
        /// Insert rows with a new key, and update the others.
        case upsert
    }

    /// The database file; relative to the working directory if it does not begin with `/`, and never a URI.
    public var path: String
    /// The table, `results` by default.
    public var table: String
    /// The treatment of an existing table. `nil` replaces a table that a run created and rejects any other.
    public var ifExists: ExistingTable?
    /// The columns that identify a row: never NULL, and different in every row. Empty by default.
    ///
    /// A new table gets a unique index on them; a table that rows are added to must have one.
    public var key: [String]
    /// The columns of each index to create. Empty by default.
    public var indexes: [[String]]
    /// Whether missing columns are added to an existing table. Defaults to `false`.
    public var addsColumns: Bool

    /// Creates a target.
    ///
    /// - Parameters:
    ///   - path: the database file; relative to the working directory if it does not begin with `/`.
    ///   - table: the table. Defaults to `results`.
    ///   - ifExists: the treatment of an existing table. `nil`, the default, replaces a table that a run created and
    ///     rejects any other.
    ///   - key: the columns that identify a row. Defaults to none.
    ///   - indexes: the columns of each index to create. Defaults to none.
    ///   - addsColumns: whether missing columns are added to an existing table. Defaults to `false`.
    public init(
        path: String, table: String = "results", ifExists: ExistingTable? = nil, key: [String] = [],
        indexes: [[String]] = [], addsColumns: Bool = false
    ) {
        self.path = path
        self.table = table
        self.ifExists = ifExists
        self.key = key
        self.indexes = indexes
        self.addsColumns = addsColumns
    }
}
