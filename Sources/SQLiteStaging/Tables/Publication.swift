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

    /// Requires a unique index on the key. None is created on an existing table, whose rows can have duplicate keys.
    private static func check(key: [String], of target: StagingTarget, on existing: TargetTable) throws {
        guard !key.isEmpty, !existing.uniqueKeys.contains(Set(key.map { SQLiteName($0) })) else { return }
        let (index, table) = (SQLiteName.quoted("\(target.table)_key"), SQLiteName.quoted(target.table))
        throw StagingError(
            code: .noKey,
            message: """
                the table \(target.table) has no unique index on \(key.joined(separator: ", ")) that compares every byte
                """,
            detail: .noUniqueIndex(statement: "CREATE UNIQUE INDEX \(index) ON \(table) (\(binary(key)))"))
    }

    /// The columns of an index that compares every byte, whatever the collation of the columns.
    private static func binary(_ columns: [String]) -> String {
        columns.map { "\(SQLiteName.quoted($0)) COLLATE BINARY" }.joined(separator: ", ")
    }

    /// Whether the hidden table becomes the target table. If not, its rows are copied.
    var renamesHiddenTable: Bool {
        if case .add = method { false } else { true }
    }

    /// Rejects columns that cannot be published, before any row is fetched.
    func check(_ hidden: HiddenTable, _ db: Database) throws {
        switch method {
        case .rename: break
        case .replace(let existing): try Self.check(existing.indexes, on: hidden, target: target)
        case .add(let existing): _ = try missingColumns(of: existing, for: hidden, db)
        }
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
        let columns = hidden.columns.map { TargetTable.Column(name: $0.name, type: $0.type.rawValue) }
        let difference: String
        switch existing.compatibility(with: columns) {
        case .compatible(let missing) where missing.isEmpty || target.addsColumns:
            let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
            guard existing.columns.count + missing.count > limit else { return missing }
            throw StagingError(
                code: .tooManyColumns, message: "the table \(target.table) would have more than \(limit) columns")
        case .compatible(let missing): difference = "column \(missing[0].name) \(missing[0].type) is not in the table"
        case .incompatible(let reason): difference = reason
        }
        throw StagingError(
            code: .schemaMismatch,
            message: "the result's columns do not match table \(target.table): \(difference)",
            detail: target.addsColumns ? nil : .fixedColumns)
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

    /// Publishes the rows; the caller's transaction makes it atomic for readers.
    func publish(_ hidden: HiddenTable, _ db: Database) throws {
        let (new, old) = (SQLiteName.quoted(target.table), SQLiteName.quoted(hidden.name))
        switch method {
        case .rename:
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
        case .replace(let existing):
            try db.execute(sql: "DROP TABLE \(new)")
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
            for index in existing.indexes { try db.execute(sql: index) }
        case .add(let existing):
            try add(hidden, to: existing, db)
            for index in hidden.indexes where !existing.indexedColumns.contains(index.map { SQLiteName($0) }) {
                try db.execute(sql: hidden.createIndexSQL(on: target.table, index))
            }
            try db.execute(sql: "DROP TABLE \(old)")
            // With records of its columns, a user's own table would count as managed, and be replaced by default.
            guard existing.isManaged else { return }
            return try ColumnRecords.write(hidden.columns(inTheOrderOf: existing), table: target.table, db)
        }
        try ColumnRecords.write(hidden.columns, table: target.table, db)
    }

    private func add(_ hidden: HiddenTable, to existing: TargetTable, _ db: Database) throws {
        let (new, old) = (SQLiteName.quoted(target.table), SQLiteName.quoted(hidden.name))
        for column in try missingColumns(of: existing, for: hidden, db) {
            try db.execute(sql: "ALTER TABLE \(new) ADD COLUMN \(SQLiteName.quoted(column.name)) \(column.type)")
        }
        let columns = SQLiteName.list(hidden.columns.map(\.name))
        try requireRowIDs(in: old, of: existing, db)
        let order = hidden.rowIDName.map { " ORDER BY \($0)" } ?? ""
        // ABORT overrides conflict clauses of the table, such as one that ignores rows.
        var insert = "INSERT OR ABORT INTO \(new) (\(columns)) SELECT \(columns) FROM \(old) WHERE true\(order)"
        if target.ifExists == .upsert {
            let changes = hidden.columns.filter { !$0.isKey }.map {
                "\(SQLiteName.quoted($0.name)) = excluded.\(SQLiteName.quoted($0.name))"
            }
            // Without the collation, SQLite could choose an index that equates distinct keys. The row ID has neither a
            // collation nor an index.
            let isRowID = hidden.key.map { SQLiteName($0) } == existing.rowIDAlias.map { [SQLiteName($0)] }
            insert += " ON CONFLICT (\(isRowID ? SQLiteName.list(hidden.key) : Self.binary(hidden.key))) DO "
            insert += changes.isEmpty ? "NOTHING" : "UPDATE SET \(changes.joined(separator: ", "))"
        }
        try db.execute(sql: insert)
    }

    /// Rejects NULL in an INTEGER PRIMARY KEY, where SQLite would store a generated row ID.
    private func requireRowIDs(in hidden: String, of existing: TargetTable, _ db: Database) throws {
        guard let alias = existing.rowIDAlias else { return }
        let column = SQLiteName.quoted(alias)
        let sql = "SELECT EXISTS (SELECT 1 FROM \(hidden) WHERE \(column) IS NULL)"
        guard try Bool.fetchOne(db, sql: sql) == true else { return }
        throw StagingError(
            code: .constraintViolated,
            message: "a row has NULL in \(alias), which is the INTEGER PRIMARY KEY of the table \(target.table)")
    }
}

extension HiddenTable {
    /// The columns in the order of an existing table, with added columns at the end.
    fileprivate func columns(inTheOrderOf existing: TargetTable) -> [Column] {
        let places = Dictionary(uniqueKeysWithValues: existing.columns.enumerated().map { (SQLiteName($1.name), $0) })
        return columns.sorted {
            places[SQLiteName($0.name), default: .max] < places[SQLiteName($1.name), default: .max]
        }.map { column in
            let isRequired = places[SQLiteName(column.name)].map { existing.columns[$0].isRequired }
            return Column(name: column.name, type: column.type, field: column.field, isKey: isRequired ?? false)
        }
    }
}
