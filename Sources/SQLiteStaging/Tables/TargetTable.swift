import GRDB

/// The table that rows are to be published under, as it stands in the database.
struct TargetTable {
    /// One column as SQLite describes it.
    struct Column {
        let name: String
        let type: String
        /// Whether it is no more than name and type: no key, NOT NULL, default or generated value.
        let isPlain: Bool
    }

    let columns: [Column]
    /// Whether bqpull made the table, and nobody has changed its columns since.
    let isOurs: Bool
    /// The statements that made its indexes.
    let indexes: [String]

    /// The table of this name; `nil` if there is none.
    ///
    /// Throws `databaseUnusable` if the name belongs to something that is not a table, or if triggers watch
    /// the table: they would be lost with it, or run for every row.
    static func read(_ name: String, _ db: Database, path: String) throws -> TargetTable? {
        let objects = try Row.fetchAll(
            db,
            sql: """
                SELECT type, name FROM sqlite_master WHERE type <> 'trigger' AND name = :name COLLATE NOCASE
                UNION ALL
                SELECT type, name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name COLLATE NOCASE
                """,
            arguments: ["name": name])
        for object in objects where object[0] != "table" {
            let (type, name): (String, String) = (object[0], object[1])
            throw StagingError(
                code: .databaseUnusable,
                message: "\(path): the \(type) \(name) stands in the way of the table",
                hint: "drop it, or choose another table with --table NAME")
        }
        guard !objects.isEmpty else { return nil }
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT name, type || CASE hidden WHEN 0 THEN '' ELSE ' GENERATED' END,
                    "notnull" = 0 AND pk = 0 AND dflt_value IS NULL AND hidden = 0
                FROM pragma_table_xinfo(?) ORDER BY cid
                """,
            arguments: [name]
        ).map { Column(name: $0[0], type: $0[1], isPlain: $0[2]) }
        let recorded = try ColumnRecords.read(table: name, db)
        let indexes = try String.fetchAll(
            db,
            sql: """
                SELECT sql FROM sqlite_master
                WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid
                """,
            arguments: [name])
        return TargetTable(
            columns: columns,
            isOurs: columns.allSatisfy(\.isPlain)
                && recorded.map { firstDifference(columns, $0) == nil } ?? false,
            indexes: indexes)
    }

    /// The first difference, in words, of other columns to these; `nil` if names and types are the same.
    func firstDifference(to others: [Column]) -> String? {
        Self.firstDifference(columns, others)
    }

    private static func firstDifference(_ columns: [Column], _ others: [Column]) -> String? {
        for (column, other) in zip(columns, others)
        where SQLiteName(column.name) != SQLiteName(other.name)
            || SQLiteName(column.type) != SQLiteName(other.type)
        {
            return "column \(column.name) \(column.type) would become \(other.name) \(other.type)"
        }
        if columns.count < others.count {
            let added = others[columns.count]
            return "column \(added.name) \(added.type) is not in the table"
        }
        if columns.count > others.count {
            let missing = columns[others.count]
            return "column \(missing.name) \(missing.type) is not in the result"
        }
        return nil
    }
}
