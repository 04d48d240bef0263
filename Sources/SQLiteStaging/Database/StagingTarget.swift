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
    }

    /// The database file; relative to the working directory if it does not begin with `/`, and never a URI.
    public var path: String
    /// The table, `results` by default.
    public var table: String
    /// What to do when the table exists; `nil` replaces a table that bqpull made and refuses any other.
    public var ifExists: ExistingTable?

    /// Makes a target.
    public init(path: String, table: String = "results", ifExists: ExistingTable? = nil) {
        self.path = path
        self.table = table
        self.ifExists = ifExists
    }
}

extension StagingTarget {
    /// Refuses table names that SQLite or bqpull keep for themselves.
    func checkTableName() throws(StagingError) {
        let reserved = ["sqlite_", ControlTables.prefix]
        let problem: String? =
            if table.isEmpty {
                "is empty"
            } else if table.utf8.contains(0) {
                "contains a NUL character"
            } else if let prefix = reserved.first(where: SQLiteName(table).hasPrefix) {
                "begins with \(prefix), which is reserved"
            } else {
                nil
            }
        if let problem {
            throw StagingError(
                code: .invalidName, message: "the table name \"\(table)\" \(problem)",
                hint: "choose another one with --table NAME")
        }
    }
}
