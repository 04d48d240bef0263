import GRDB
import GRDBSQLite

/// The existing table that rows are published into.
struct TargetTable {
    /// One column as SQLite describes it.
    struct Column {
        let name: String
        let type: String
        /// Whether it has only a name, a type and NOT NULL: no primary key, default or generated value.
        var isPlain = true
        /// Whether it is NOT NULL.
        var isRequired = false

        /// Whether its values are computed from others.
        var isGenerated: Bool { type.hasSuffix(Self.generated) }
        fileprivate static let generated = " GENERATED"
    }

    let columns: [Column]
    /// Whether a run created the table, and its columns are unchanged.
    let isManaged: Bool
    /// The statements that created its indexes, except for those of bqpull.
    let indexes: [String]
    /// The columns of each of its indexes that has no expression and covers all rows.
    let indexedColumns: [[SQLiteName]]
    /// Whether it has an index of any kind.
    let hasIndexes: Bool
    /// The columns of those of these indexes that compare every byte.
    let exactIndexedColumns: [[SQLiteName]]
    /// A name of the row ID; `nil` if the table has none, or columns have taken all names.
    let rowIDName: String?
    /// The INTEGER PRIMARY KEY, which is an alias of the row ID and never NULL, if the table has one.
    let rowIDAlias: String?
    /// The sets of columns with a unique index that compares every byte. Other collations equate distinct values.
    let uniqueKeys: [Set<SQLiteName>]

    /// Reads the table of this name; `nil` if it does not exist.
    ///
    /// - Throws: `databaseUnusable` if the name belongs to another kind of object, or if the table has triggers: they
    ///   would be lost with it, or run for every row.
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
                message: "\(path): the \(type) \(name) conflicts with the table",
                detail: .conflictingObject)
        }
        guard !objects.isEmpty else { return nil }
        try rejectVirtualTable(name, db, path: path)
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT name, type || CASE hidden WHEN 0 THEN '' ELSE '\(Column.generated)' END AS type, "notnull",
                    pk = 0 AND dflt_value IS NULL AND hidden = 0 AS is_plain, pk
                FROM pragma_table_xinfo(?) ORDER BY cid
                """,
            arguments: [name])
        let described = columns.map {
            Column(name: $0["name"], type: $0["type"], isPlain: $0["is_plain"], isRequired: $0["notnull"])
        }
        let indexes = try String.fetchAll(
            db,
            sql: """
                SELECT sql FROM sqlite_master
                WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL
                AND name NOT LIKE '\\_bqpull\\_%' ESCAPE '\\' ORDER BY rowid
                """,
            arguments: [name])
        let lists = try self.indexes(of: name, db)
        let primaryKey = columns.filter { $0["pk"] > 0 }.map { SQLiteName($0["name"]) }
        // Only a primary key that is the row ID itself has no index.
        let hasRowIDs = lists.allSatisfy { !$0.isPrimaryKey }
        let rowIDAlias = described.first {
            hasRowIDs && primaryKey == [SQLiteName($0.name)] && SQLiteName($0.type) == SQLiteName("INTEGER")
        }?.name
        return TargetTable(
            columns: described, isManaged: try ColumnRecords.read(table: name, db) == described, indexes: indexes,
            indexedColumns: lists.map(\.columns),
            hasIndexes: try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM pragma_index_list(?))", arguments: [name]) ?? false,
            exactIndexedColumns: lists.filter(\.isExact).map(\.columns),
            rowIDName: try rowIDName(of: name, besides: described.map(\.name), db),
            rowIDAlias: rowIDAlias,
            uniqueKeys: lists.filter { $0.isUnique && $0.isExact }.map { Set($0.columns) }
                + (rowIDAlias.map { [[SQLiteName($0)]] } ?? []))
    }

    private static func rowIDName(of table: String, besides columns: [String], _ db: Database) throws -> String? {
        guard let rowID = SQLiteName.rowID(besides: columns) else { return nil }
        do {
            _ = try db.makeStatement(sql: "SELECT \(rowID) FROM \(SQLiteName.quoted(table))")
            return rowID
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            // The table is WITHOUT ROWID.
            return nil
        }
    }

    /// Rejects virtual tables and their shadow tables, which only their module can write.
    private static func rejectVirtualTable(_ name: String, _ db: Database, path: String) throws {
        // Older versions do not list shadow tables.
        guard sqlite3_libversion_number() >= 3_037_000 else { return }
        let kind = try String.fetchOne(
            db, sql: "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE",
            arguments: [name])
        guard let kind, kind != "table" else { return }
        let description = kind == "shadow" ? "belongs to a virtual table" : "is a \(kind) table"
        throw StagingError(
            code: .databaseUnusable, message: "\(path): the table \(name) \(description)",
            detail: .unsuitableTable)
    }

    /// An index that has no expression and covers all rows.
    private struct Index {
        var columns: [SQLiteName]
        var isUnique: Bool
        /// Whether it compares every byte. Other collations can equate distinct values.
        var isExact: Bool
        var isPrimaryKey: Bool
    }

    private static func indexes(of table: String, _ db: Database) throws -> [Index] {
        let list = try Row.fetchAll(
            db, sql: "SELECT name, \"unique\", origin = 'pk' FROM pragma_index_list(?) WHERE partial = 0",
            arguments: [table])
        return try list.compactMap { index in
            let (name, isUnique, isPrimaryKey): (String, Bool, Bool) = (index[0], index[1], index[2])
            let columns = try Row.fetchAll(
                db, sql: "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno", arguments: [name])
            guard columns.allSatisfy({ $0["name"] != nil }) else { return nil }
            return Index(
                columns: columns.map { SQLiteName($0["name"]) }, isUnique: isUnique,
                isExact: columns.allSatisfy { $0["coll"] == "BINARY" }, isPrimaryKey: isPrimaryKey)
        }
    }

    /// Whether the table can receive rows of these columns.
    ///
    /// - Parameters:
    ///   - staged: the columns of the rows.
    ///   - loadColumn: the column with the names of loads, which is NULL in rows without a load.
    /// - Returns: the columns to add, or the first difference.
    func compatibility(with staged: [Column], loadColumn: String?) -> ColumnCompatibility {
        var missing: [Column] = []
        for column in staged {
            guard let existing = columns.first(where: { SQLiteName($0.name) == SQLiteName(column.name) }) else {
                missing.append(column)
                continue
            }
            guard SQLiteName(existing.type) == SQLiteName(column.type) else {
                return .incompatible(
                    "column \(existing.name) \(existing.type) would become \(column.name) \(column.type)")
            }
        }
        let names = Set((staged.map(\.name) + (loadColumn.map { [$0] } ?? [])).map { SQLiteName($0) })
        if let surplus = columns.first(where: { !names.contains(SQLiteName($0.name)) }) {
            return .incompatible("column \(surplus.name) \(surplus.type) is not in the result")
        }
        return .compatible(adding: missing)
    }
}

/// Whether a table can receive rows of other columns.
enum ColumnCompatibility {
    /// It can, once these columns have been added.
    case compatible(adding: [TargetTable.Column])
    /// It cannot, for this reason.
    case incompatible(String)
}

extension TargetTable.Column: Equatable {
    /// Whether SQLite treats the columns alike.
    static func == (one: Self, other: Self) -> Bool {
        SQLiteName(one.name) == SQLiteName(other.name) && SQLiteName(one.type) == SQLiteName(other.type)
            && one.isPlain == other.isPlain && one.isRequired == other.isRequired
    }
}
