/// Where rows go: a database file, a table in it, and what becomes of a table that is there already.
public struct StagingTarget: Sendable, Hashable {
    /// What to do when the table exists.
    public enum ExistingTable: String, Sendable, CaseIterable {
        /// Refuse.
        case fail
        /// Replace it, whoever made it.
        case replace
        /// Add rows to it; its columns must be those of the result.
        case append
        /// Add rows whose key is new to it, and give the others their new values.
        case upsert
    }

    /// The database file; relative to the working directory if it does not begin with `/`, and never a URI.
    public var path: String
    /// The table, `results` by default.
    public var table: String
    /// What to do when the table exists; `nil` replaces a table that bqpull made and refuses any other.
    public var ifExists: ExistingTable?
    /// The columns that tell rows apart: none of them is NULL, no two rows have the same. None by default.
    ///
    /// A table that is made gets a unique index on them; one that rows are added to must have one.
    public var key: [String]
    /// Indexes to make, each by its columns. None by default.
    public var indexes: [[String]]
    /// Whether columns that an existing table does not have are added to it. Defaults to `false`.
    public var addsColumns: Bool

    /// Makes a target; the defaults are those of the properties.
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
