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
        /// Replace the rows whose key values occur in the new rows. The key need not be unique.
        case deleteInsert = "delete-insert"
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
    /// The column that gets the name of the load in every row, so that several loads can share the table. `nil`, the
    /// default, adds none.
    public var loadColumn: String?
    /// The column that gets the start of the run in every row, as a TIMESTAMP in UTC. `nil`, the default, adds none.
    public var loadedAtColumn: String?
    /// The column that decides between several rows of one key: the row with its highest value is kept. `nil`, the
    /// default, rejects duplicate keys.
    ///
    /// INT64, DATE, DATETIME or TIMESTAMP. An upsert does not overwrite a row that has a higher value.
    public var latestColumn: String?

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
    ///   - loadColumn: the column for the name of the load. Defaults to none.
    ///   - loadedAtColumn: the column for the start of the run. Defaults to none.
    ///   - latestColumn: the column that decides between several rows of one key. Defaults to none.
    public init(
        path: String, table: String = "results", ifExists: ExistingTable? = nil, key: [String] = [],
        indexes: [[String]] = [], addsColumns: Bool = false, loadColumn: String? = nil,
        loadedAtColumn: String? = nil, latestColumn: String? = nil
    ) {
        self.path = path
        self.table = table
        self.ifExists = ifExists
        self.key = key
        self.indexes = indexes
        self.addsColumns = addsColumns
        self.loadColumn = loadColumn
        self.loadedAtColumn = loadedAtColumn
        self.latestColumn = latestColumn
    }

    /// Whether rows are added to an existing table, which is otherwise replaced or rejected.
    package var addsRows: Bool {
        switch ifExists {
        case .append, .upsert, .deleteInsert: true
        case nil, .fail, .replace: false
        }
    }
}
