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
        /// The BigQuery column that it holds, or that an added column would be.
        let field: TableSchema.Field
        /// Whether it belongs to a unique key, and is never NULL.
        let isKey: Bool
        /// The origin of its values.
        let source: Source
    }

    /// The origin of the values of a column.
    enum Source: Sendable {
        /// The result.
        case result
        /// The name of the load, the same in every row.
        case load
        /// The start of the run, the same in every row.
        case startTime
    }

    private let runID: String
    /// The columns of the result, and those that the target adds at the end.
    let columns: [Column]
    /// The names of the key columns.
    let key: [String]
    /// Whether the values of the key columns together are different in every row.
    let isKeyUnique: Bool
    /// The column whose highest value decides which row of a key is kept; `nil` if every key has one row.
    let latest: Column?
    /// The column names of each index to create, apart from the unique key.
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
    ///   - target: names the key, the indexes and the added columns.
    ///   - columnLimit: the largest number of columns in this build of SQLite.
    /// - Throws: ``StagingError``: `noColumns`, `tooManyColumns`, `invalidName` or `unknownColumn`.
    init(
        _ schema: TableSchema, ofRun runID: String, for target: StagingTarget, columnLimit: Int
    ) throws(StagingError) {
        guard !schema.fields.isEmpty else {
            throw StagingError(code: .noColumns, message: "the statement returned no result set")
        }
        let added = Self.addedColumns(of: target)
        let count = schema.fields.count + added.count
        guard count <= columnLimit else {
            throw StagingError(
                code: .tooManyColumns,
                message: "the result has \(count) columns; this SQLite supports at most \(columnLimit)")
        }
        if let field = schema.fields.first(where: { $0.name.utf8.contains(0) }) {
            throw StagingError(
                code: .invalidName, message: "the column name \"\(field.name)\" contains a NUL character",
                detail: .columnName)
        }
        let resultNames = schema.fields.distinctNames
        let taken = Set(resultNames.map { SQLiteName($0) })
        if let column = added.map(\.field).first(where: { taken.contains(SQLiteName($0.name)) }) {
            throw StagingError(
                code: .invalidName, message: "the added column \(column.name) has the name of a column of the result",
                detail: .columnName)
        }
        let isKeyUnique = target.ifExists != .deleteInsert
        let names = resultNames + added.map(\.field.name)
        let key = try Self.resolve(target.key, in: names)
        var indexes: [[String]] = []
        for index in target.indexes + (isKeyUnique || key.isEmpty ? [] : [key]) {
            let columns = try Self.resolve(index, in: names)
            if !indexes.contains(columns) { indexes.append(columns) }
        }
        self.runID = runID
        self.key = key
        self.isKeyUnique = isKeyUnique
        self.indexes = indexes
        let sources = schema.fields.map { (field: $0, source: Source.result) } + added
        let columns = zip(names, sources).map { name, column in
            Column(
                name: name, type: ColumnType(column.field), field: column.field,
                isKey: isKeyUnique && key.contains(name), source: column.source)
        }
        self.columns = columns
        latest = try target.latestColumn.map { name throws(StagingError) in try Self.latest(name, in: columns) }
    }

    /// The columns that a target adds to every result, with the origin of their values.
    private static func addedColumns(of target: StagingTarget) -> [(field: TableSchema.Field, source: Source)] {
        [(target.loadColumn, FieldType.string, Source.load), (target.loadedAtColumn, .timestamp, .startTime)]
            .compactMap { name, type, source in
                name.map { (field: TableSchema.Field(name: $0, type: type), source: source) }
            }
    }

    /// The column of this name, if its values have an order in which one is the latest.
    private static func latest(_ name: String, in columns: [Column]) throws(StagingError) -> Column {
        let found = try resolve([name], in: columns.map(\.name))
        guard let column = columns.first(where: { found.contains($0.name) }), column.field.mode != .repeated,
            IncrementalValue.types.contains(column.field.type)
        else {
            throw StagingError(
                code: .unknownColumn,
                message:
                    "column \(name) is not of type INT64, DATE, DATETIME or TIMESTAMP, so no row of a key is the latest"
            )
        }
        return column
    }

    /// The table for rows of a schema, which can be published to the target as it is now.
    init(
        _ schema: TableSchema, ofRun runID: String, publishedTo target: StagingTarget, of load: LoadIntent?,
        _ db: Database
    ) throws {
        let limit = sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_COLUMN, -1)
        try self.init(schema, ofRun: runID, for: target, columnLimit: Int(limit))
        try Publication(to: target, db).check(self, of: load, db)
    }

    /// The columns of these names, as the table spells them.
    private static func resolve(_ wanted: [String], in names: [String]) throws(StagingError) -> [String] {
        var found: [String] = []
        for column in wanted {
            guard let name = names.first(where: { SQLiteName($0) == SQLiteName(column) }) else {
                throw StagingError(
                    code: .unknownColumn,
                    message: "the result has no column \(column) for a key, an index or the latest row",
                    detail: NearestName.find(column, among: names).map { .similarName($0) } ?? .columns(names))
            }
            found.append(name)
        }
        return found
    }

    /// A name of the row ID; `nil` if columns have taken all of them.
    var rowIDName: String? { SQLiteName.rowID(besides: columns.map(\.name)) }

    /// The columns of the result.
    var resultColumns: [Column] { columns.filter { $0.source == .result } }

    /// The values of the added columns, in their order.
    func addedValues(of intent: StagingIntent) -> [String?] {
        columns.compactMap { column in
            switch column.source {
            case .result: nil
            case .load: .some(intent.load?.name)
            case .startTime: .some(IncrementalValue(intent.startedAt, type: .timestamp)?.text)
            }
        }
    }

    /// The column that holds the BigQuery column of this name.
    func column(of field: String) -> Column? {
        resultColumns.first { SQLiteName($0.field.name) == SQLiteName(field) }
    }

    func createSQL(name: String) -> String {
        let list = columns.map {
            "\(SQLiteName.quoted($0.name)) \($0.type.rawValue)\($0.isKey ? " NOT NULL" : "")"
        }.joined(separator: ", ")
        return "CREATE TABLE \(SQLiteName.quoted(name)) (\(list))"
    }

    // MARK: Rows

    /// The values of the last row of a run, without those of added columns; `nil` without rows, or if columns have taken
    /// all names of the row ID.
    static func lastRow(ofRun runID: String, for target: StagingTarget, _ db: Database) throws -> [CellValue]? {
        let name = name(ofRun: runID)
        guard let rowID = SQLiteName.rowID(besides: try db.columns(in: name).map(\.name)) else { return nil }
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM \(SQLiteName.quoted(name)) ORDER BY \(rowID) DESC LIMIT 1")
        guard let row = try rows.next() else { return nil }
        return (0..<row.count).dropLast(addedColumns(of: target).count).map { index in
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
    /// - Throws: `keyViolated` if two rows have the same key, unless the latest row of each key is kept: then
    ///   ``keepLatestRows(_:)`` creates the key.
    func createIndexes(keyOnly: Bool, _ db: Database) throws {
        var needed = keyOnly ? [] : indexes.map { createIndexSQL(on: name, $0) }
        if keyOnly, !isKeyUnique, !key.isEmpty { needed.append(createIndexSQL(on: name, key)) }
        if let createKeySQL { needed.append(createKeySQL) }
        let existing = try Row.fetchAll(
            db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", arguments: [name])
        for index in existing where !needed.contains(index["sql"]) {
            try db.execute(sql: "DROP INDEX \(SQLiteName.quoted(index["name"]))")
        }
        let created = Set(existing.map { $0["sql"] as String? })
        for sql in needed where !created.contains(sql) {
            guard try !createIndex(sql, db), latest == nil else { continue }
            throw try duplicateKey(db)
        }
    }

    /// Creates the unique index on the key; `false` if two rows have the same key.
    func createKey(_ db: Database) throws -> Bool {
        guard let createKeySQL else { return true }
        let exists = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'index' AND sql = ?)",
            arguments: [createKeySQL])
        return try exists == true || createIndex(createKeySQL, db)
    }

    private var createKeySQL: String? {
        isKeyUnique && !key.isEmpty ? createIndexSQL(on: name, key, unique: true) : nil
    }

    /// Creates an index; `false` if it would be unique, and rows are not.
    private func createIndex(_ sql: String, _ db: Database) throws -> Bool {
        do {
            try db.execute(sql: sql)
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return false
        }
    }

    /// The statement that creates an index, with a name that no other run uses.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - columns: the names of the columns.
    ///   - unique: whether the rows must be different in them. Defaults to `false`.
    ///   - comparesBytes: whether the index compares every byte, whatever the collations of the table. Defaults to
    ///     `false`.
    /// - Returns: the statement.
    func createIndexSQL(
        on table: String, _ columns: [String], unique: Bool = false, comparesBytes: Bool = false
    ) -> String {
        let columns = comparesBytes ? SQLiteName.binaryList(columns) : SQLiteName.list(columns)
        let kind = unique ? "key" : "index"
        let suffix = String(SQLiteName(columns).hash64, radix: 16)
        let index = SQLiteName.quoted("\(ControlTables.prefix)\(kind)_\(runID)_\(suffix)")
        return "CREATE \(unique ? "UNIQUE " : "")INDEX \(index) ON \(SQLiteName.quoted(table)) (\(columns))"
    }

    /// The error for the first row whose key an earlier row has.
    func duplicateKey(_ db: Database) throws -> StagingError {
        let number = rowIDName ?? "row_number() OVER ()"
        let values = key + (latest.map { [$0.name] } ?? [])
        let named = values.enumerated().map { "\(SQLiteName.quoted($1)) AS v\($0)" }.joined(separator: ", ")
        let keyColumns = key.indices.map { "v\($0)" }.joined(separator: ", ")
        let row = try Row.fetchOne(
            db,
            sql: """
                WITH numbered AS (SELECT \(number) AS place, \(named) FROM \(SQLiteName.quoted(name))),
                compared AS (SELECT min(place) OVER (PARTITION BY \(keyColumns)) AS first, * FROM numbered)
                SELECT * FROM compared WHERE place > first ORDER BY place LIMIT 1
                """)
        let (first, second): (Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0)
        let shown = values.indices.map { index in
            "\(values[index]) = \(row.map { Self.text($0[index + 2] as DatabaseValue) } ?? "?")"
        }
        var message = "rows \(first) and \(second) have the same key "
        message += "(\(printable(shown.prefix(key.count).joined(separator: ", "), limit: Self.shownCharacters)))"
        if let value = shown.dropFirst(key.count).first {
            message += " and are both the latest (\(printable(value, limit: Self.shownCharacters)))"
        }
        return StagingError(code: .keyViolated, message: message, detail: latest == nil ? nil : .latestRowsDiffer)
    }

    /// The number of characters of a key that an error shows.
    private static let shownCharacters = 200

    /// A value in an error.
    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: "NULL"
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): "\"\(text)\""
        case .blob(let bytes): "\(bytes.count) bytes"
        }
    }
}
