import GRDB

/// The runs published into a table since a run made it, in the order of their publication.
struct PublicationHistory {
    /// One published run.
    struct Publication {
        let runID: String
        /// Its load; `nil` for a plain pull, and for runs of versions without loads.
        var load: String?
        let ifExists: StagingTarget.ExistingTable?
        let command: String
        let project: String
        let sql: String
        let incrementalColumn: String?
        /// The highest value that it published. Versions without loads recorded the table's mark if it had no value.
        let watermark: String?
        /// Whether it made the table.
        let madeTable: Bool
        /// The number of rows of its result.
        let rows: Int64
        /// The rows in the table afterwards, inserted rows and deleted rows; `nil` if unknown.
        let tableRows, inserted, deleted: Int64?
        /// The row IDs of the rows that it inserted, if known.
        let rowIDs: ClosedRange<Int64>?

        /// The number of rows in the table before; `nil` if it is unknown.
        var rowsBefore: Int64? {
            if madeTable { return 0 }
            if let tableRows, let inserted, let deleted { return tableRows - inserted + deleted }
            // Versions without loads appended every row.
            guard let tableRows, ifExists == .append else { return nil }
            return tableRows - rows
        }

        /// Whether it added rows to the table, as far as is known.
        var addedRows: Bool { inserted ?? rows > 0 }
    }

    private(set) var publications: [Publication]
    private let table: String

    /// Reads the history of a table; empty if the table does not exist.
    ///
    /// - Throws: ``StagingError``: `databaseUnusable` if a record is invalid.
    init(of table: String, path: String, _ db: Database) throws {
        self.table = table
        guard try db.tableExists(table), try db.tableExists("_bqpull_runs") else {
            publications = []
            return
        }
        var columns = [
            "run_id", "if_exists", "command", "project", "sql", "incremental_column", "watermark", "made_table", "rows",
        ]
        if try ControlTables.exist(in: db, since: 3) { columns.append("table_rows") }
        let hasLoads = try ControlTables.exist(in: db)
        if hasLoads { columns += ["load", "inserted", "deleted", "first_row_id", "last_row_id"] }
        // Before runs of several loads could be unfinished, they were published in the order of their start.
        let order = hasLoads ? "coalesce(publication, rowid)" : "rowid"
        publications = try RunLog.records(
            """
            SELECT \(columns.joined(separator: ", ")) FROM _bqpull_runs
            WHERE target = :table AND state = 'published' AND \(order) >= coalesce((
                SELECT max(\(order)) FROM _bqpull_runs WHERE target = :table AND state = 'published' AND made_table
            ), 0)
            ORDER BY \(order)
            """, ["table": table], path: path, db
        ).map(Publication.init)
    }

    /// Records in memory that runs belong to a load.
    mutating func assign(_ load: String, to runIDs: Set<String>) {
        for index in publications.indices where runIDs.contains(publications[index].runID) {
            publications[index].load = load
        }
    }

    // MARK: Rows without a load

    /// Whether runs without a load, or other programs, have added rows to the table.
    ///
    /// Rows that were added after as many were deleted are not detected.
    ///
    /// - Parameters:
    ///   - runID: the published run after which rows count; `nil` since the table was made.
    ///   - db: the database, whose table has the rows of the published runs.
    /// - Returns: `false` if the table does not exist.
    /// - Throws: the error of SQLite.
    func hasRowsWithoutLoad(after runID: String?, _ db: Database) throws -> Bool {
        guard try db.tableExists(table) else { return false }
        let last = publications.lastIndex { $0.runID == runID }
        var count: Int64? = last.map { publications[$0].tableRows } ?? 0
        for publication in publications[(last.map { $0 + 1 } ?? 0)...] {
            if publication.load == nil, publication.addedRows { return true }
            if let before = publication.rowsBefore, let count, before > count { return true }
            count = publication.tableRows
        }
        guard let count else { return false }
        return try StagingDatabase.rowCount(of: table, db) > count
    }

    // MARK: Rows of a load

    /// The runs of a load.
    func publications(of load: String) -> [Publication] {
        publications.filter { $0.load.map { SQLiteName($0) } == SQLiteName(load) }
    }

    /// The row IDs of the rows that runs of a load have inserted, in the order of their insertion; `nil` if they are
    /// unknown.
    ///
    /// SQLite gives the row IDs of deleted rows to later ones, so those of later runs of others do not count.
    func rowIDs(ofRunsOf load: String) -> [ClosedRange<Int64>]? {
        let name = SQLiteName(load)
        // The last run of a version without loads has the row IDs of all of them.
        let lastEarlier = publications.last { $0.inserted == nil && $0.load.map { SQLiteName($0) } == name }?.runID
        var found: [ClosedRange<Int64>] = []
        for publication in publications where publication.addedRows || publication.runID == lastEarlier {
            let isOwn = publication.load.map { SQLiteName($0) } == name
            if isOwn, publication.inserted == nil, publication.runID != lastEarlier { continue }
            if let rowIDs = publication.rowIDs {
                found = isOwn ? found + [rowIDs] : found.flatMap { $0.subtracting(rowIDs) }
            } else if isOwn || !found.isEmpty {
                return nil
            }
        }
        return found
    }
}

extension ClosedRange<Int64> {
    /// The parts of the range outside another one.
    fileprivate func subtracting(_ other: ClosedRange<Int64>) -> [ClosedRange<Int64>] {
        guard overlaps(other) else { return [self] }
        var parts: [ClosedRange<Int64>] = []
        if lowerBound < other.lowerBound { parts.append(lowerBound...other.lowerBound - 1) }
        if upperBound > other.upperBound { parts.append(other.upperBound + 1...upperBound) }
        return parts
    }
}

extension PublicationHistory.Publication {
    fileprivate init(_ row: ControlRow) throws {
        runID = try row.text("run_id")
        load = try row.optionalText("load")
        ifExists = try row.optionalName("if_exists")
        command = try row.text("command")
        project = try row.text("project")
        sql = try row.text("sql")
        incrementalColumn = try row.optionalText("incremental_column")
        watermark = try row.optionalText("watermark")
        madeTable = try row.flag("made_table")
        rows = try row.count("rows")
        tableRows = try row.optionalCount("table_rows")
        inserted = try row.optionalCount("inserted")
        deleted = try row.optionalCount("deleted")
        rowIDs = try row.optionalRowIDs("first_row_id", "last_row_id")
    }
}
