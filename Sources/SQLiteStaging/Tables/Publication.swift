import GRDB
import GRDBSQLite

/// How a hidden table becomes the one that users see.
struct Publication {
    private enum Way {
        case create
        case replace(TargetTable)
        case add(to: TargetTable)
    }

    private let target: StagingTarget
    private let way: Way

    /// Decides the way, by what is in the database now.
    ///
    /// Throws `targetExists` if a table is there that may not be touched, `noKey` if rows are to be added by a key
    /// that the table does not have.
    init(to target: StagingTarget, _ db: Database) throws {
        self.target = target
        guard let existing = try TargetTable.read(target.table, db, path: target.path) else {
            way = .create
            return
        }
        switch target.ifExists {
        case .replace: way = .replace(existing)
        case nil where existing.isManaged: way = .replace(existing)
        case .append, .upsert:
            way = .add(to: existing)
            try Self.check(key: target.key, of: target, on: existing)
        case nil, .fail:
            let whose = target.ifExists == nil ? " and was not made by bqpull" : ""
            throw StagingError(
                code: .targetExists,
                message: "the table \(target.table) exists in \(target.path)\(whose)",
                hint: "use --if-exists replace, append or upsert, or another table with --table NAME")
        }
        try rehearse(on: existing, db)
    }

    /// Compiles the statement that publishing depends on, without running it, so that what SQLite would reject for good
    /// is rejected before the query is billed: an index with an unknown collation or function, for example.
    private func rehearse(on existing: TargetTable, _ db: Database) throws {
        let name = SQLiteName.quoted(target.table)
        let columns = SQLiteName.list(existing.columns.filter { !$0.isGenerated }.map(\.name))
        do {
            _ = try db.makeStatement(
                sql: isWhole ? "DROP TABLE \(name)" : "INSERT INTO \(name) (\(columns)) SELECT \(columns) FROM \(name)")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw StagingError(
                code: .databaseUnusable,
                message: """
                    \(target.path): the table \(target.table) cannot be written: \(error.message ?? "unknown reason")
                    """,
                hint: "choose another table with --table NAME", cause: error)
        }
    }

    /// A table that bqpull did not make with this key is not given one: its rows may not even have one.
    private static func check(key: [String], of target: StagingTarget, on existing: TargetTable) throws {
        guard !key.isEmpty, !existing.uniqueKeys.contains(Set(key.map { SQLiteName($0) })) else { return }
        let index = "CREATE UNIQUE INDEX \(SQLiteName.quoted("\(target.table)_key"))"
        throw StagingError(
            code: .noKey,
            message: """
                the table \(target.table) has no unique index on \(key.joined(separator: ", ")) that compares every byte
                """,
            hint: """
                replace the table with --if-exists replace, or make the index: \(index) \
                ON \(SQLiteName.quoted(target.table)) (\(binary(key)))
                """)
    }

    /// Columns of an index that compares every byte, whatever their own collation.
    private static func binary(_ columns: [String]) -> String {
        columns.map { "\(SQLiteName.quoted($0)) COLLATE BINARY" }.joined(separator: ", ")
    }

    /// Whether the hidden table becomes the one that users see, indexes and all; else its rows are added to another.
    var isWhole: Bool {
        if case .add = way { false } else { true }
    }

    /// Rejects rows that could not be published, before any of them is fetched.
    func check(_ staged: StagedTable, _ db: Database) throws {
        switch way {
        case .create: break
        case .replace(let existing): try Self.check(existing.indexes, on: staged, target: target)
        case .add(let existing): _ = try missingColumns(of: existing, for: staged, db)
        }
    }

    /// Renames an empty table and undoes that, in the caller's transaction: SQLite then reads every index in the file,
    /// and rejects one with a collation or a column that it does not know.
    func rehearseRenaming(_ db: Database) throws {
        guard isWhole else { return }
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
                hint: "drop the index, or name another file", cause: error)
        }
    }

    /// The columns that have to be added to a table before the rows can be.
    private func missingColumns(
        of existing: TargetTable, for staged: StagedTable, _ db: Database
    ) throws -> [TargetTable.Column] {
        let columns = staged.columns.map { TargetTable.Column(name: $0.name, type: $0.type.rawValue) }
        let difference: String
        switch existing.fit(of: columns) {
        case .adding(let missing) where missing.isEmpty || target.addsColumns:
            let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
            guard existing.columns.count + missing.count > limit else { return missing }
            throw StagingError(
                code: .tooManyColumns, message: "the table \(target.table) would have more than \(limit) columns",
                hint: "select fewer columns, or choose another table with --table NAME")
        case .adding(let missing): difference = "column \(missing[0].name) \(missing[0].type) is not in the table"
        case .impossible(let reason): difference = reason
        }
        let evolve = target.addsColumns ? "" : "add new columns with --evolve, "
        throw StagingError(
            code: .schemaMismatch,
            message: "the result's columns do not match table \(target.table): \(difference)",
            hint: "select the table's columns, \(evolve)or use --if-exists replace")
    }

    /// Makes the indexes on an empty copy of the new table, far from the user's file.
    ///
    /// Only SQLite can tell whether their expressions and WHERE clauses still mean something.
    private static func check(_ indexes: [String], on staged: StagedTable, target: StagingTarget) throws {
        guard !indexes.isEmpty else { return }
        try DatabaseQueue().write { db in
            try db.execute(sql: staged.createSQL(name: target.table))
            for index in indexes {
                do {
                    try db.execute(sql: index)
                } catch let error as DatabaseError {
                    throw StagingError(
                        code: .schemaMismatch,
                        message: """
                            an index on \(target.table) cannot be made on the new columns \
                            (\(error.message ?? "unknown reason")): \(index)
                            """,
                        hint: "drop the index first, or choose another table with --table NAME",
                        cause: error)
                }
            }
        }
    }

    /// Publishes; the caller's transaction makes it one step for every reader.
    func publish(_ staged: StagedTable, from hidden: HiddenTable, _ db: Database) throws {
        let (new, old) = (SQLiteName.quoted(target.table), SQLiteName.quoted(hidden.name))
        switch way {
        case .create:
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
        case .replace(let existing):
            try db.execute(sql: "DROP TABLE \(new)")
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
            for index in existing.indexes { try db.execute(sql: index) }
        case .add(let existing):
            try add(staged, from: old, to: existing, named: new, db)
            for index in staged.indexes where !existing.indexedColumns.contains(index.map { SQLiteName($0) }) {
                try db.execute(sql: hidden.createIndexSQL(on: target.table, index))
            }
            try db.execute(sql: "DROP TABLE \(old)")
            // Describing a user's own table would make it bqpull's, to be replaced without a question.
            guard existing.isManaged else { return }
            return try ColumnRecords.write(staged.columns(inTheOrderOf: existing), table: target.table, db)
        }
        try ColumnRecords.write(staged.columns, table: target.table, db)
    }

    private func add(
        _ staged: StagedTable, from old: String, to existing: TargetTable, named new: String, _ db: Database
    ) throws {
        for column in try missingColumns(of: existing, for: staged, db) {
            try db.execute(sql: "ALTER TABLE \(new) ADD COLUMN \(SQLiteName.quoted(column.name)) \(column.type)")
        }
        let columns = SQLiteName.list(staged.columns.map(\.name))
        try requireRowids(in: old, for: staged, of: existing, db)
        let order = staged.rowidName.map { " ORDER BY \($0)" } ?? ""
        // ABORT, since the table may have rules of its own for rows that break a constraint: to leave them out, say.
        var insert = "INSERT OR ABORT INTO \(new) (\(columns)) SELECT \(columns) FROM \(old) WHERE true\(order)"
        if target.ifExists == .upsert {
            let changes = staged.columns.filter { !$0.isKey }.map {
                "\(SQLiteName.quoted($0.name)) = excluded.\(SQLiteName.quoted($0.name))"
            }
            // Without the collation, SQLite could choose an index that equates distinct keys. The number of the row has
            // none, and no index.
            let isRowid = staged.key.map { SQLiteName($0) } == existing.rowidAlias.map { [SQLiteName($0)] }
            insert += " ON CONFLICT (\(isRowid ? SQLiteName.list(staged.key) : Self.binary(staged.key))) DO "
            insert += changes.isEmpty ? "NOTHING" : "UPDATE SET \(changes.joined(separator: ", "))"
        }
        try db.execute(sql: insert)
    }

    /// Refuses NULL where SQLite would put a number of its own.
    private func requireRowids(
        in hidden: String, for staged: StagedTable, of existing: TargetTable, _ db: Database
    ) throws {
        guard let alias = existing.rowidAlias else { return }
        let column = SQLiteName.quoted(alias)
        let sql = "SELECT EXISTS (SELECT 1 FROM \(hidden) WHERE \(column) IS NULL)"
        guard try Bool.fetchOne(db, sql: sql) == true else { return }
        throw StagingError(
            code: .constraintViolated,
            message: "a row has NULL in \(alias), which is the INTEGER PRIMARY KEY of the table \(target.table)",
            hint: "leave such rows out, or choose another table with --table NAME")
    }
}

extension StagedTable {
    /// The columns as they stand in a table that was there before, with those that were added at its end.
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
