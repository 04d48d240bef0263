import BigQueryRows
import GRDB
import GRDBSQLite

/// How the rows of a hidden table get into the target table.
enum PublicationMethod {
    /// The hidden table gets the name of the target table.
    case rename
    /// The target table is dropped, and the hidden table gets its name and its indexes.
    case replace(TargetTable)
    /// The rows are copied into the target table.
    case add(to: TargetTable)
}

/// Makes the rows of a hidden table visible in the target table, in one transaction.
struct Publication {
    private let target: StagingTarget
    private let method: PublicationMethod

    /// Chooses the method for what is in the database now.
    ///
    /// - Throws: ``StagingError``: `targetExists` if the table must not be changed, `noKey` if it has no unique index
    ///   on the key, `databaseUnusable` if it cannot be written.
    init(to target: StagingTarget, _ db: Database) throws {
        self.target = target
        guard let existing = try TargetTable.read(target.table, db, path: target.path) else {
            method = .rename
            return
        }
        switch target.ifExists {
        case .replace: method = .replace(existing)
        case nil where existing.isManaged: method = .replace(existing)
        case .append, .upsert, .deleteInsert:
            method = .add(to: existing)
            try Self.check(key: target.key, of: target, on: existing)
        case nil, .fail:
            let origin = target.ifExists == nil ? " and was not created by bqpull" : ""
            throw StagingError(
                code: .targetExists, message: "the table \(target.table) exists in \(target.path)\(origin)")
        }
        try rehearse(on: existing, db)
    }

    /// Compiles the statement that publishing depends on without running it. A table that SQLite cannot write, for
    /// example because of an index with an unknown collation or function, is rejected before the query is billed.
    private func rehearse(on existing: TargetTable, _ db: Database) throws {
        let name = SQLiteName.quoted(target.table)
        let columns = SQLiteName.list(existing.columns.filter { !$0.isGenerated }.map(\.name))
        do {
            _ = try db.makeStatement(
                sql: renamesHiddenTable
                    ? "DROP TABLE \(name)" : "INSERT INTO \(name) (\(columns)) SELECT \(columns) FROM \(name)")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw StagingError(
                code: .databaseUnusable,
                message: """
                    \(target.path): the table \(target.table) cannot be written: \(error.message ?? "unknown reason")
                    """,
                detail: .unsuitableTable, cause: error)
        }
    }

    /// Requires a unique index on the key, unless the rows of a key are replaced. None is created on an existing table,
    /// whose rows can have duplicate keys.
    private static func check(key: [String], of target: StagingTarget, on existing: TargetTable) throws {
        guard !key.isEmpty, target.ifExists != .deleteInsert,
            !existing.uniqueKeys.contains(Set(key.map { SQLiteName($0) }))
        else { return }
        let (index, table) = (SQLiteName.quoted("\(target.table)_key"), SQLiteName.quoted(target.table))
        throw StagingError(
            code: .noKey,
            message: """
                the table \(target.table) has no unique index on \(key.joined(separator: ", ")) that compares every byte
                """,
            detail: .noUniqueIndex(
                statement: "CREATE UNIQUE INDEX \(index) ON \(table) (\(SQLiteName.binaryList(key)))"))
    }

    /// Whether the hidden table becomes the target table. If not, its rows are copied.
    var renamesHiddenTable: Bool {
        if case .add = method { false } else { true }
    }

    /// Rejects columns that cannot be published, before any row is fetched.
    func check(_ hidden: HiddenTable, of load: LoadIntent?, _ db: Database) throws {
        try checkLoad(load)
        switch method {
        case .rename: try checkRowIDs(of: hidden, isCompared: false, db)
        case .replace(let existing):
            try Self.check(existing.indexes, on: hidden, target: target)
            try checkRowIDs(of: hidden, isCompared: false, db)
        case .add(let existing):
            let missing = try missingColumns(of: existing, for: hidden, db)
            _ = try rowsToLabel(in: existing, adding: missing, db)
            try checkRowIDs(of: hidden, isCompared: target.ifExists == .append && load?.range != nil, db)
        }
    }

    /// Rejects a load column without a load, and names that SQLite could not store.
    private func checkLoad(_ load: LoadIntent?) throws {
        guard let column = target.loadColumn else { return }
        guard let name = load?.name, !name.utf8.contains(0) else {
            throw StagingError(
                code: .invalidName, message: "there is no valid name of a load for the column \(column)")
        }
    }

    /// Requires a row ID to find the rows to drop before publishing, and room for the columns of the queries for them.
    private func checkRowIDs(of hidden: HiddenTable, isCompared: Bool, _ db: Database) throws {
        guard isCompared || hidden.latest != nil else { return }
        guard hidden.rowIDName != nil else {
            throw StagingError(
                code: .invalidName,
                message: "the result has columns named rowid, _rowid_ and oid, so its rows cannot be compared",
                detail: .columnName)
        }
        let limit = Int(sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)) - BoundaryCheck.extraColumnCount
        guard hidden.columns.count > limit else { return }
        throw StagingError(
            code: .tooManyColumns,
            message: "the result has \(hidden.columns.count) columns; this SQLite can compare at most \(limit)")
    }

    /// The rows of the table that get the name of their load, if the load column is added to it.
    private func rowsToLabel(
        in existing: TargetTable, adding missing: [TargetTable.Column], _ db: Database
    ) throws -> LoadLabels.Origin? {
        guard let column = target.loadColumn, missing.contains(where: { SQLiteName($0.name) == SQLiteName(column) })
        else { return nil }
        return try LoadLabels.origin(of: existing, target, db)
    }

    /// Renames an empty table and rolls that back, in the caller's transaction. SQLite reads every index in the file for
    /// it, and rejects one with an unknown collation or column.
    func rehearseRenaming(_ db: Database) throws {
        guard renamesHiddenTable else { return }
        let (old, new) = ("\(ControlTables.prefix)old", "\(ControlTables.prefix)new")
        do {
            try db.inSavepoint {
                try db.execute(sql: "CREATE TABLE \(old) (a); ALTER TABLE \(old) RENAME TO \(new)")
                return .rollback
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw StagingError(
                code: .databaseUnusable,
                message: "\(target.path): no table can be published in it: \(error.message ?? "unknown reason")",
                detail: .brokenIndex, cause: error)
        }
    }

    /// The columns to add to a table before it can receive the rows.
    private func missingColumns(
        of existing: TargetTable, for hidden: HiddenTable, _ db: Database
    ) throws -> [TargetTable.Column] {
        try checkTypes(of: hidden, in: existing, db)
        let columns = hidden.columns.map { TargetTable.Column(name: $0.name, type: $0.type.rawValue) }
        let loadColumn = try LoadRecords.loadColumn(of: target, db)
        // The columns that the target adds to the result need no permission.
        let fixed = Set(hidden.resultColumns.map { SQLiteName($0.name) })
        let difference: String
        switch existing.compatibility(with: columns, loadColumn: loadColumn) {
        case .compatible(let missing):
            guard !target.addsColumns, let column = missing.first(where: { fixed.contains(SQLiteName($0.name)) }) else {
                let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
                guard existing.columns.count + missing.count > limit else { return missing }
                throw StagingError(
                    code: .tooManyColumns, message: "the table \(target.table) would have more than \(limit) columns")
            }
            difference = "column \(column.name) \(column.type) is not in the table"
        case .incompatible(let reason): difference = reason
        }
        throw StagingError(
            code: .schemaMismatch,
            message: "the result's columns do not match table \(target.table): \(difference)",
            detail: target.addsColumns ? nil : .fixedColumns)
    }

    /// Rejects a column whose BigQuery type differs from that of the rows in the table: their values are not
    /// comparable, although SQLite stores both alike.
    private func checkTypes(of hidden: HiddenTable, in existing: TargetTable, _ db: Database) throws {
        let fields = try ColumnRecords.fields(of: existing, in: target, db)
        for column in hidden.columns {
            let field = fields[SQLiteName(column.name)]
            guard let change = field?.typeChange(to: column.field, path: column.name) else { continue }
            throw StagingError(
                code: .schemaMismatch,
                message: """
                    column \(change.path) is \(change.old) in table \(target.table) and \(change.new) in the result
                    """)
        }
    }

    /// Creates the indexes on an empty copy of the new table in memory, since only SQLite can compile their expressions
    /// and WHERE clauses.
    private static func check(_ indexes: [String], on hidden: HiddenTable, target: StagingTarget) throws {
        guard !indexes.isEmpty else { return }
        try DatabaseQueue().write { db in
            try db.execute(sql: hidden.createSQL(name: target.table))
            for index in indexes {
                do {
                    try db.execute(sql: index)
                } catch let error as DatabaseError {
                    throw StagingError(
                        code: .schemaMismatch,
                        message: """
                            an index on \(target.table) cannot be created on the new columns \
                            (\(error.message ?? "unknown reason")): \(index)
                            """,
                        detail: .conflictingObject, cause: error)
                }
            }
        }
    }

    /// The effect of a publication on the table.
    struct Effect {
        /// The rows that changed.
        var rows = PublishedRows()
        /// The smallest and the largest row ID of inserted rows; `nil` without such rows, or if the table has no row IDs
        /// of its own.
        var rowIDs: ClosedRange<Int64>?
        /// Whether the hidden table became the table.
        var madeTable = false
        /// Whether an existing table was dropped for it.
        var replacedTable = false
        /// The columns that were added to an existing table.
        var addedColumns: Set<SQLiteName> = []
    }

    /// Publishes the rows; the caller's transaction makes it atomic for readers.
    ///
    /// - Parameters:
    ///   - hidden: the table of the rows.
    ///   - load: the load that they belong to.
    ///   - rowCount: the number of rows.
    ///   - db: the database.
    /// - Returns: the effect on the table.
    /// - Throws: ``StagingError``: `keyViolated` or `constraintViolated` because of the rows; what ``check(_:of:_:)``
    ///   throws.
    func publish(_ hidden: HiddenTable, of load: LoadIntent?, rowCount: Int64, _ db: Database) throws -> Effect {
        let dropped = try hidden.keepLatestRows(db)
        var effect = Effect()
        effect.rows.outdated = dropped.outdated
        effect.rows.unchanged = dropped.equal
        if case .add(let existing) = method {
            try add(hidden, of: load, to: existing, &effect, db)
            return effect
        }
        effect.madeTable = true
        effect.rows.inserted = rowCount - dropped.outdated - dropped.equal
        effect.rows.total = effect.rows.inserted
        var indexes: [String] = []
        if case .replace(let existing) = method {
            effect.replacedTable = true
            effect.rows.deleted = try StagingDatabase.rowCount(of: target.table, db)
            try db.execute(sql: "DROP TABLE \(SQLiteName.quoted(target.table))")
            indexes = existing.indexes
        }
        try db.execute(
            sql: "ALTER TABLE \(SQLiteName.quoted(hidden.name)) RENAME TO \(SQLiteName.quoted(target.table))")
        for index in indexes { try db.execute(sql: index) }
        effect.rowIDs = try hidden.rowIDName.flatMap { rowID in
            try Self.rowIDs(in: target.table, name: rowID, above: nil, db)
        }
        try ColumnRecords.write(hidden.columns, table: target.table, db)
        return effect
    }

    private func add(
        _ hidden: HiddenTable, of load: LoadIntent?, to existing: TargetTable, _ effect: inout Effect, _ db: Database
    ) throws {
        let fields = try ColumnRecords.fields(of: existing, in: target, db)
        let missing = try missingColumns(of: existing, for: hidden, db)
        let origin = try rowsToLabel(in: existing, adding: missing, db)
        for column in missing {
            try db.execute(
                sql: """
                    ALTER TABLE \(SQLiteName.quoted(target.table))
                    ADD COLUMN \(SQLiteName.quoted(column.name)) \(column.type)
                    """)
        }
        // A new column can take a name of the row ID.
        guard let extended = try TargetTable.read(target.table, db, path: target.path) else { return }
        if let origin, let column = target.loadColumn {
            try LoadLabels.write(origin, to: extended, target, column: column, db)
        }
        effect.addedColumns = Set(missing.map { SQLiteName($0.name) })
        let addition = RowAddition(hidden: hidden, existing: extended, target: target, load: load)
        try addition.publish(&effect, db)
        try ColumnRecords.update(hidden.columns, known: fields, added: effect.addedColumns, table: target.table, db)
    }

    /// The smallest and the largest row ID of a table above a row ID; `nil` without such rows.
    static func rowIDs(
        in table: String, name: String, above rowID: Int64?, _ db: Database
    ) throws -> ClosedRange<Int64>? {
        let condition = rowID.map { " WHERE \(name) > \($0)" } ?? ""
        // Two queries, each of which reads one row. One query would read all.
        let bounds = try ["min", "max"].map {
            try Int64.fetchOne(db, sql: "SELECT \($0)(\(name)) FROM \(SQLiteName.quoted(table))\(condition)")
        }
        guard let first = bounds[0], let last = bounds[1], first <= last else { return nil }
        return first...last
    }
}
