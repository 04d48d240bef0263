/// A GoogleSQL data type, without array and struct structure.
enum GoogleSQLType: String, Sendable {
    case int64 = "INT64"
    case float64 = "FLOAT64"
    case numeric = "NUMERIC"
    case bignumeric = "BIGNUMERIC"
    case bool = "BOOL"
    case string = "STRING"
    case bytes = "BYTES"
    case json = "JSON"
    case geography = "GEOGRAPHY"
    case date = "DATE"
    case time = "TIME"
    case datetime = "DATETIME"
    case timestamp = "TIMESTAMP"
    case interval = "INTERVAL"
    case range = "RANGE"
    case structure = "STRUCT"

    /// The type with this GoogleSQL name or synonym, case-insensitive.
    init?(name: String) {
        let name = name.uppercased()
        guard let type = GoogleSQLType(rawValue: name) ?? Self.synonyms[name] else { return nil }
        self = type
    }

    /// The type of literals with this keyword, such as `DATE '2013-01-01'`.
    init?(literalName: String) {
        guard let type = GoogleSQLType(name: literalName),
            [.date, .time, .datetime, .timestamp, .numeric, .bignumeric, .json].contains(type)
        else { return nil }
        self = type
    }

    private static let synonyms: [String: GoogleSQLType] = [
        "INTEGER": .int64, "INT": .int64, "SMALLINT": .int64, "BIGINT": .int64, "TINYINT": .int64,
        "BYTEINT": .int64, "FLOAT": .float64, "BOOLEAN": .bool, "RECORD": .structure, "DECIMAL": .numeric,
        "BIGDECIMAL": .bignumeric,
    ]

    /// The name in REST schemas, which use legacy SQL's names.
    var wireName: String {
        switch self {
        case .int64: "INTEGER"
        case .float64: "FLOAT"
        case .bool: "BOOLEAN"
        case .structure: "RECORD"
        default: rawValue
        }
    }

    /// The SQLite column type; its affinity does not change the type's stored values.
    var sqliteType: String {
        switch self {
        case .int64, .bool: "INTEGER"
        case .float64: "REAL"
        case .bytes: "BLOB"
        case .numeric, .bignumeric: "TEXT COLLATE \(DecimalCollation.name)"
        default: "TEXT"
        }
    }
}
