import BigQueryRows
import Foundation
import GRDB
import GRDBSQLite
import TextSupport

/// The table that gathers the rows of a run until they are published: its columns, key and indexes.
struct HiddenTable: Sendable {
    /// One column of the table.
    struct Column: Sendable {
        let name: String
        let type: ColumnType
        /// The BigQuery column that it holds.
        let field: TableSchema.Field
        /// Whether it belongs to the key.
        let isKey: Bool
    }

    private let runID: String
    let columns: [Column]
    /// The names of the key columns, whose values together are different in every row.
    let key: [String]
    /// The column names of each index to create.
    let indexes: [[String]]

    // MARK: The name

    private static let namePrefix = "\(ControlTables.prefix)rows_"

    /// The name of a run's hidden table.
    static func name(ofRun runID: String) -> String { namePrefix + runID }

    /// ``name(ofRun:)`` as an SQL expression over `_bqpull_runs`.
    static let nameSQL = "'\(namePrefix)' || run_id"

    var name: String { Self.name(ofRun: runID) }

    // MARK: The definition

    /// The table for rows of a schema.
    ///
    /// - Parameters:
    ///   - schema: the schema of the result.
    ///   - runID: the run that the rows belong to.
    ///   - target: names the key and the indexes.
    ///   - columnLimit: the largest number of columns in this build of SQLite.
    /// - Throws: ``StagingError``: `noColumns`, `tooManyColumns`, `invalidName` or `unknownColumn`.
    init(
        _ schema: TableSchema, ofRun runID: String, for target: StagingTarget, columnLimit: Int
    ) throws(StagingError) {
        guard !schema.fields.isEmpty else {
            throw StagingError(code: .noColumns, message: "the statement returned no result set")
        }
        guard schema.fields.count <= columnLimit else {
            throw StagingError(
                code: .tooManyColumns,
                message: "the result has \(schema.fields.count) columns; this SQLite supports at most \(columnLimit)")
        }
        if let field = schema.fields.first(where: { $0.name.utf8.contains(0) }) {
            throw StagingError(
                code: .invalidName, message: "the column name \"\(field.name)\" contains a NUL character",
                detail: .columnName)
        }
        let names = schema.fields.distinctNames
        let key = try Self.resolve(target.key, in: names)
        var indexes: [[String]] = []
        for index in target.indexes {
            let columns = try Self.resolve(index, in: names)
            if !indexes.contains(columns) { indexes.append(columns) }
        }
        self.runID = runID
        self.key = key
        self.indexes = indexes
        columns = zip(names, schema.fields).map {
            Column(name: $0, type: ColumnType($1), field: $1, isKey: key.contains($0))
        }
    }

    /// The table for rows of a schema, which can be published to the target as it is now.
    init(_ schema: TableSchema, ofRun runID: String, publishedTo target: StagingTarget, _ db: Database) throws {
        let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
        try self.init(schema, ofRun: runID, for: target, columnLimit: Int(limit))
        try Publication(to: target, db).check(self, db)
    }

    /// The columns of these names, as the table spells them.
    private static func resolve(_ wanted: [String], in names: [String]) throws(StagingError) -> [String] {
        var found: [String] = []
        for column in wanted {
            guard let name = names.first(where: { SQLiteName($0) == SQLiteName(column) }) else {
                throw StagingError(
                    code: .unknownColumn, message: "the result has no column \(column) for a key or an index",
                    detail: NearestName.find(column, among: names).map { .similarName($0) } ?? .columns(names))
            }
            found.append(name)
        }
        return found
    }

    /// A name of the row ID; `nil` if columns have taken all of them.
    var rowIDName: String? { Self.rowIDName(besides: columns.map(\.name)) }

    private static func rowIDName(besides columns: [String]) -> String? {
        let taken = Set(columns.map { SQLiteName($0) })
        return ["rowid", "_rowid_", "oid"].first { !taken.contains(SQLiteName($0)) }
    }

    /// The column that holds the BigQuery column of this name.
    func column(of field: String) -> Column? {
        columns.first { SQLiteName($0.field.name) == SQLiteName(field) }
    }

    func createSQL(name: String) -> String {
        let list = columns.map {
            "\(SQLiteName.quoted($0.name)) \($0.type.rawValue)\($0.isKey ? " NOT NULL" : "")"
        }.joined(separator: ", ")
        return "CREATE TABLE \(SQLiteName.quoted(name)) (\(list))"
    }

    // MARK: Rows

    /// The values of the last row of a run; `nil` without rows, or if columns have taken all names of the row ID.
    static func lastRow(ofRun runID: String, _ db: Database) throws -> [CellValue]? {
        let name = name(ofRun: runID)
        guard let rowID = rowIDName(besides: try db.columns(in: name).map(\.name)) else { return nil }
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM \(SQLiteName.quoted(name)) ORDER BY \(rowID) DESC LIMIT 1")
        guard let row = try rows.next() else { return nil }
        return (0..<row.count).map { index in
            switch (row[index] as DatabaseValue).storage {
            case .null: .null
            case .int64(let value): .integer(value)
            case .double(let value): .double(value)
            // A C string would end at the first NUL.
            case .string: .text(String(decoding: row[index] as Data, as: UTF8.self))
            case .blob(let value): .blob(Array(value))
            }
        }
    }

    // MARK: Indexes

    /// Creates the key and the indexes once all rows are staged, which is faster than row by row.
    ///
    /// Indexes from an earlier attempt at the run stay, unless they are no longer needed.
    ///
    /// - Parameters:
    ///   - keyOnly: whether the other indexes are left out, since the rows are added to another table.
    ///   - db: the database.
    /// - Throws: `keyViolated` if two rows have the same key.
    func createIndexes(keyOnly: Bool, _ db: Database) throws {
        var needed = keyOnly ? [] : indexes.map { createIndexSQL(on: name, $0) }
        if !key.isEmpty { needed.append(createIndexSQL(on: name, key, unique: true)) }
        let existing = try Row.fetchAll(
            db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", arguments: [name])
        for index in existing where !needed.contains(index["sql"]) {
            try db.execute(sql: "DROP INDEX \(SQLiteName.quoted(index["name"]))")
        }
        let created = Set(existing.map { $0["sql"] as String? })
        for sql in needed where !created.contains(sql) {
            do {
                try db.execute(sql: sql)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw try duplicateKey(db)
            }
        }
    }

    /// The statement that creates an index, with a name that no other run uses.
    func createIndexSQL(on table: String, _ columns: [String], unique: Bool = false) -> String {
        let columns = SQLiteName.list(columns)
        let kind = unique ? "key" : "index"
        let suffix = String(SQLiteName(columns).hash64, radix: 16)
        let index = SQLiteName.quoted("\(ControlTables.prefix)\(kind)_\(runID)_\(suffix)")
        return "CREATE \(unique ? "UNIQUE " : "")INDEX \(index) ON \(SQLiteName.quoted(table)) (\(columns))"
    }

    private func duplicateKey(_ db: Database) throws -> StagingError {
        let number = rowIDName ?? "row_number() OVER ()"
        // A name that no column has.
        let place = "\"\(ControlTables.prefix)place\""
        let rows = try Row.fetchOne(
            db,
            sql: """
                WITH numbered AS (SELECT \(number) AS \(place), * FROM \(SQLiteName.quoted(name))),
                compared AS (
                    SELECT \(place) AS row, min(\(place)) OVER (PARTITION BY \(SQLiteName.list(key))) AS first
                    FROM numbered
                )
                SELECT first, row FROM compared WHERE row > first ORDER BY row LIMIT 1
                """)
        let (first, second): (Int64, Int64) = (rows?[0] ?? 0, rows?[1] ?? 0)
        return StagingError(
            code: .keyViolated,
            message: "row \(second) has the same key (\(key.joined(separator: ", "))) as row \(first)")
    }
}
