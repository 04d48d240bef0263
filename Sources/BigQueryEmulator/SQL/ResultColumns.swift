import GRDB
import GRDBSQLite

/// A column of a query's result.
struct ResultColumn: Sendable {
    var name: String
    /// The column's type, if known before the query runs.
    var field: SchemaField?
}

/// Determines the names and types of a query's result columns.
///
/// A column of a table keeps its BigQuery type; so do parameters, typed literals and casts. All other types are
/// inferred from the values: INT64, FLOAT64, STRING or BYTES, and INT64, BigQuery's type of NULL, if there are no
/// values.
enum ResultColumns {
    static func describe(_ statement: Statement, _ translation: SQLTranslation) throws -> [ResultColumn] {
        let handle = statement.sqliteStatement
        let count = Int(sqlite3_column_count(handle))
        let types = translation.columnTypes.flatMap { $0.count == count ? $0 : nil }
        let tables = Dictionary(translation.tables.map { ($0.sqliteName, $0.source.fields) }) { first, _ in first }
        var unnamed = 0
        var seen: Set<String> = []
        return try (0..<count).map { index in
            let origin = origin(handle, Int32(index), tables)
            var name = sqlite3_column_name(handle, Int32(index)).map { String(cString: $0) } ?? ""
            if origin == nil, !translation.names.contains(name) {
                name = "f\(unnamed)_"
                unnamed += 1
            }
            guard seen.insert(name.lowercased()).inserted else {
                throw ServiceError.invalidQuery(
                    "Duplicate column names in the result are not supported. Found duplicate(s): \(name)")
            }
            var field = (origin ?? types?[index])?.asResult
            field?.name = name
            return ResultColumn(name: name, field: field)
        }
    }

    private static func origin(_ handle: OpaquePointer?, _ column: Int32, _ tables: [String: [SchemaField]])
        -> SchemaField?
    {
        guard let table = sqlite3_column_table_name(handle, column),
            let name = sqlite3_column_origin_name(handle, column)
        else { return nil }
        let fieldName = String(cString: name)
        return tables[String(cString: table)]?.first { $0.name == fieldName }
    }

    /// Infers the missing types from the stored values, and computes the logical size of the rows. `sqliteNames` are
    /// the column names of the stored table, which differ from those of a query result.
    static func measure(
        _ columns: [ResultColumn], sqliteNames: [String], table: String, in database: Database
    ) throws -> (fields: [SchemaField], logicalBytes: Int64) {
        var fields: [SchemaField] = []
        var bytes: Int64 = 0
        // In batches, because SQLite limits the number of result columns.
        for start in stride(from: 0, to: columns.count, by: 200) {
            let range = start..<min(start + 200, columns.count)
            let measures = range.map { index in
                let name = sqliteNames[index]
                let types = ["text", "blob", "real", "integer"].map { "max(typeof(\(name)) = '\($0)')" }
                return (types + ["count(\(name))", "sum(length(CAST(\(name) AS BLOB)))"]).joined(separator: ", ")
            }
            let row = try Row.fetchOne(database, sql: "SELECT \(measures.joined(separator: ", ")) FROM \(table)") ?? [:]
            for (offset, index) in range.enumerated() {
                let cells = (0..<6).map { row[offset * 6 + $0] as Int64? ?? 0 }
                let field = columns[index].field ?? SchemaField(name: columns[index].name, type: type(cells))
                fields.append(field)
                bytes += field.type.fixedBytes.map { $0 * cells[4] } ?? (2 * cells[4] + cells[5])
            }
        }
        return (fields, bytes)
    }

    private static func type(_ counts: [Int64]) -> GoogleSQLType {
        if counts[0] > 0 { return .string }
        if counts[1] > 0 { return .bytes }
        return counts[2] > 0 ? .float64 : .int64
    }
}

extension GoogleSQLType {
    /// The size of every value of the type; `nil` if it depends on the value.
    fileprivate var fixedBytes: Int64? {
        switch self {
        case .bool: 1
        case .int64, .float64, .date, .time, .datetime, .timestamp: 8
        case .numeric, .interval, .range: 16
        case .bignumeric: 32
        case .string, .bytes, .json, .geography, .structure: nil
        }
    }
}
