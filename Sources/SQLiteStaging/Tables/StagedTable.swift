import BigQueryRows
import TextSupport

/// The SQLite table that holds rows of a BigQuery schema.
struct StagedTable: Sendable {
    /// One column of it.
    struct Column: Sendable {
        let name: String
        let type: ColumnType
        /// The BigQuery column that it holds.
        let field: TableSchema.Field
        /// Whether it is one of those that tell rows apart.
        let isKey: Bool
    }

    let columns: [Column]
    /// The names of the columns that tell rows apart.
    let key: [String]
    /// The names of the columns of each index to make.
    let indexes: [[String]]

    /// - Parameters:
    ///   - target: names the key and the indexes.
    ///   - columnLimit: the most columns that this SQLite takes.
    init(_ schema: TableSchema, for target: StagingTarget, columnLimit: Int) throws(StagingError) {
        guard !schema.fields.isEmpty else {
            throw StagingError(
                code: .noColumns, message: "the statement returned no result set",
                hint: "only statements that return rows can be staged")
        }
        guard schema.fields.count <= columnLimit else {
            throw StagingError(
                code: .tooManyColumns,
                message: """
                    the result has \(schema.fields.count) columns; this SQLite takes at most \(columnLimit)
                    """,
                hint: "select fewer columns, or gather some in a STRUCT")
        }
        if let field = schema.fields.first(where: { $0.name.utf8.contains(0) }) {
            throw StagingError(
                code: .invalidName,
                message: "the column name \"\(field.name)\" contains a NUL character",
                hint: "give the column another name with AS")
        }
        let names = schema.fields.distinctNames
        key = try Self.resolve(target.key, in: names)
        var indexes: [[String]] = []
        for index in target.indexes {
            let columns = try Self.resolve(index, in: names)
            if !indexes.contains(columns) { indexes.append(columns) }
        }
        self.indexes = indexes
        let key = Set(key)
        columns = zip(names, schema.fields).map {
            Column(name: $0, type: ColumnType($1), field: $1, isKey: key.contains($0))
        }
    }

    /// The columns of these names, as the table spells them.
    private static func resolve(_ wanted: [String], in names: [String]) throws(StagingError) -> [String] {
        var found: [String] = []
        for column in wanted {
            guard let name = names.first(where: { SQLiteName($0) == SQLiteName(column) }) else {
                throw StagingError(
                    code: .unknownColumn, message: "the result has no column \(column) for a key or an index",
                    hint: NearestName.suggestion(column, among: names)
                        ?? "its columns are \(names.prefix(20).joined(separator: ", "))\(names.count > 20 ? ", …" : "")"
                )
            }
            found.append(name)
        }
        return found
    }

    /// A name of the place of a row in the table; `nil` if columns have all of them.
    var rowidName: String? {
        let taken = Set(columns.map { SQLiteName($0.name) })
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
}
