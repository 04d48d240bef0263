import BigQueryRows
import GRDB

/// Adds the rows of a hidden table to an existing table.
struct RowAddition {
    let hidden: HiddenTable
    /// The table, with the columns that were added to it.
    let existing: TargetTable
    let target: StagingTarget
    let load: LoadIntent?

    private var new: String { SQLiteName.quoted(hidden.name) }
    private var old: String { SQLiteName.quoted(target.table) }

    /// Publishes the rows and drops the hidden table.
    func publish(_ effect: inout Publication.Effect, _ db: Database) throws {
        switch target.ifExists {
        case .append:
            if let load {
                let check = try BoundaryCheck(hidden, existing: existing, target: target, load: load)
                effect.rows.unchanged += try check?.dropCopies(added: effect.addedColumns, db) ?? 0
            }
        case .deleteInsert:
            // The index makes the deletion fast.
            try createKeyIndex(db)
            effect.rows.deleted = try deleteRows(db)
        case .upsert: try countUpserts(&effect.rows, db)
        case nil, .fail, .replace: break
        }
        try requireRowIDs(db)
        if target.ifExists != .upsert { effect.rows.inserted = try StagingDatabase.rowCount(of: hidden.name, db) }
        effect.rowIDs = try insert(db)
        effect.rows.total = try StagingDatabase.rowCount(of: target.table, db)
        for index in hidden.indexes where !existing.indexedColumns.contains(index.map { SQLiteName($0) }) {
            guard target.ifExists != .deleteInsert || index != hidden.key else { continue }
            try db.execute(sql: hidden.createIndexSQL(on: target.table, index))
        }
        try db.execute(sql: "DROP TABLE \(new)")
    }

    /// Inserts the rows in their order.
    ///
    /// - Returns: the row IDs of inserted rows; `nil` without such rows, or if they are not consecutive.
    private func insert(_ db: Database) throws -> ClosedRange<Int64>? {
        // The values of an INTEGER PRIMARY KEY do not follow each other.
        let rowID = existing.rowIDAlias == nil ? existing.rowIDName : nil
        let last = try rowID.flatMap { try Publication.rowIDs(in: target.table, name: $0, above: nil, db)?.upperBound }
        let columns = SQLiteName.list(hidden.columns.map(\.name))
        let order = hidden.rowIDName.map { " ORDER BY \($0)" } ?? ""
        let conflict = target.ifExists == .upsert ? " \(upsertClause)" : ""
        // ABORT overrides conflict clauses of the table, such as one that ignores rows.
        try db.execute(
            sql: """
                INSERT OR ABORT INTO \(old) AS present (\(columns))
                SELECT \(columns) FROM \(new) WHERE true\(order)\(conflict)
                """)
        // After the largest row ID, SQLite chooses free ones at random.
        guard let rowID, last != .max else { return nil }
        return try Publication.rowIDs(in: target.table, name: rowID, above: last, db)
    }

    /// Rejects NULL in an INTEGER PRIMARY KEY, where SQLite would store a generated row ID.
    private func requireRowIDs(_ db: Database) throws {
        guard let alias = existing.rowIDAlias else { return }
        let sql = "SELECT EXISTS (SELECT 1 FROM \(new) WHERE \(SQLiteName.quoted(alias)) IS NULL)"
        guard try Bool.fetchOne(db, sql: sql) == true else { return }
        throw StagingError(
            code: .constraintViolated,
            message: "a row has NULL in \(alias), which is the INTEGER PRIMARY KEY of the table \(target.table)")
    }

    // MARK: Upsert

    /// Whether the key is the row ID, which has neither a collation nor an index.
    private var isKeyRowID: Bool {
        hidden.key.map { SQLiteName($0) } == existing.rowIDAlias.map { [SQLiteName($0)] }
    }

    private var upsertClause: String {
        let changes = hidden.columns.filter { !$0.isKey }.map {
            "\(SQLiteName.quoted($0.name)) = excluded.\(SQLiteName.quoted($0.name))"
        }
        // Without the collation, SQLite could choose an index that equates distinct keys.
        let key = isKeyRowID ? SQLiteName.list(hidden.key) : SQLiteName.binaryList(hidden.key)
        guard !changes.isEmpty else { return "ON CONFLICT (\(key)) DO NOTHING" }
        let condition = hidden.latest.map { " WHERE \(isCurrent($0, new: "excluded", old: "present"))" } ?? ""
        return "ON CONFLICT (\(key)) DO UPDATE SET \(changes.joined(separator: ", "))\(condition)"
    }

    /// A condition for a row that is not older than that in the table. NULL is the lowest value.
    private func isCurrent(_ latest: HiddenTable.Column, new: String, old: String) -> String {
        let name = SQLiteName.quoted(latest.name)
        return "(\(old).\(name) IS NULL OR coalesce(\(new).\(name) COLLATE BINARY >= \(old).\(name), 0))"
    }

    /// Counts the rows that an upsert inserts, changes and leaves, by their keys.
    private func countUpserts(_ rows: inout PublishedRows, _ db: Database) throws {
        let compared = hidden.resultColumns.filter { !$0.isKey }
        let values = compared.map { SQLiteName.quoted($0.name) }
        let isEqual =
            values.isEmpty
            ? "1"
            : """
            (\(values.map { "new.\($0) COLLATE BINARY" }.joined(separator: ", ")))
            IS (\(values.map { "old.\($0)" }.joined(separator: ", ")))
            """
        let isCurrent = hidden.latest.map { self.isCurrent($0, new: "new", old: "old") } ?? "1"
        let collation = isKeyRowID ? "" : " COLLATE BINARY"
        let hasKey = hidden.key.map(SQLiteName.quoted).map { "old.\($0)\(collation) = new.\($0)" }
        // CROSS JOIN reads the new rows, and finds each in the table by its key.
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*), coalesce(sum(is_current AND is_equal), 0), coalesce(sum(NOT is_current), 0) FROM (
                    SELECT \(isEqual) AS is_equal, \(isCurrent) AS is_current
                    FROM \(self.new) AS new CROSS JOIN \(self.old) AS old ON \(hasKey.joined(separator: " AND "))
                )
                """)
        let (found, unchanged, outdated): (Int64, Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0, row?[2] ?? 0)
        rows.inserted = try StagingDatabase.rowCount(of: hidden.name, db) - found
        rows.updated = found - unchanged - outdated
        rows.unchanged += unchanged
        rows.outdated += outdated
    }

    // MARK: Replacing rows by their key

    private func createKeyIndex(_ db: Database) throws {
        guard !existing.exactIndexedColumns.contains(hidden.key.map { SQLiteName($0) }) else { return }
        try db.execute(sql: hidden.createIndexSQL(on: target.table, hidden.key, comparesBytes: true))
    }

    /// Deletes the rows that the new ones replace.
    ///
    /// - Returns: the number of deleted rows.
    private func deleteRows(_ db: Database) throws -> Int64 {
        if let load, let range = load.range, range.isReplaced {
            let (condition, arguments) = try rows(in: range, of: load)
            try db.execute(sql: "DELETE FROM \(old) WHERE \(condition)", arguments: arguments)
        } else {
            try db.execute(sql: "DELETE FROM \(old) AS present WHERE \(hasNewKey)")
        }
        return Int64(db.changesCount)
    }

    /// A condition for the rows of the table whose key occurs in the new rows. NULLs are equal.
    private var hasNewKey: String {
        let key = hidden.key.map(SQLiteName.quoted)
        guard let rowID = existing.rowIDName else {
            let isEqual = key.map { "new.\($0) COLLATE BINARY IS present.\($0)" }.joined(separator: " AND ")
            return "EXISTS (SELECT 1 FROM \(new) AS new WHERE \(isEqual))"
        }
        let isEqual = key.map { "old.\($0) COLLATE BINARY IS new.\($0)" }.joined(separator: " AND ")
        return """
            \(rowID) IN (
                SELECT old.\(rowID) FROM (SELECT DISTINCT \(SQLiteName.list(hidden.key)) FROM \(new)) AS new
                CROSS JOIN \(old) AS old ON \(isEqual)
            )
            """
    }

    /// A condition for the rows of a load in a range.
    private func rows(
        in range: IncrementalRange, of load: LoadIntent
    ) throws -> (condition: String, arguments: StatementArguments) {
        guard let name = hidden.column(of: range.column)?.name else {
            throw StagingError(code: .unknownColumn, message: "the result has no column \(range.column)")
        }
        let column = "\(SQLiteName.quoted(name)) COLLATE BINARY"
        var bounds: [String] = []
        var arguments = StatementArguments()
        if let bound = range.lowerBound {
            bounds.append("\(column) >= ?")
            arguments += [bound.databaseValue]
        }
        if let bound = range.upperBound {
            bounds.append("\(column) < ?")
            arguments += [bound.databaseValue]
        }
        if bounds.isEmpty { bounds.append("\(column) IS NOT NULL") }
        var condition = bounds.joined(separator: " AND ")
        if range.includesNulls { condition = "(\(condition) OR \(column) IS NULL)" }
        if let loadColumn = target.loadColumn {
            condition += " AND \(LoadLabels.condition(loadColumn))"
            arguments += [load.name]
        }
        return (condition, arguments)
    }
}

extension IncrementalValue {
    /// The value as it is staged.
    fileprivate var databaseValue: DatabaseValue {
        type == .int64 ? Int64(text).databaseValue : text.databaseValue
    }
}
