/// The type of a BigQuery field, by its GoogleSQL name.
///
/// The REST API sends the legacy names of some types (`INTEGER`, `FLOAT`, `BOOLEAN`, `RECORD`). Decoding accepts both.
public enum FieldType: Sendable, Hashable {
    case int64, float64, numeric, bignumeric, bool
    case string, bytes, json, geography
    case date, time, datetime, timestamp, interval, range
    case structure
    /// A type that this version does not know, with the name that the service sent.
    case unknown(String)

    private static let byName: [String: FieldType] = [
        "INT64": .int64, "INTEGER": .int64,
        "FLOAT64": .float64, "FLOAT": .float64,
        "NUMERIC": .numeric, "BIGNUMERIC": .bignumeric,
        "BOOL": .bool, "BOOLEAN": .bool,
        "STRING": .string, "BYTES": .bytes, "JSON": .json, "GEOGRAPHY": .geography,
        "DATE": .date, "TIME": .time, "DATETIME": .datetime, "TIMESTAMP": .timestamp,
        "INTERVAL": .interval, "RANGE": .range,
        "STRUCT": .structure, "RECORD": .structure,
    ]

    /// The type with a GoogleSQL or legacy name, in any case, or `unknown`.
    package init(name: String) {
        self = Self.byName[name.uppercased()] ?? .unknown(name)
    }

    /// The GoogleSQL name, for example `INT64` or `STRUCT`.
    public var name: String {
        switch self {
        case .int64: "INT64"
        case .float64: "FLOAT64"
        case .numeric: "NUMERIC"
        case .bignumeric: "BIGNUMERIC"
        case .bool: "BOOL"
        case .string: "STRING"
        case .bytes: "BYTES"
        case .json: "JSON"
        case .geography: "GEOGRAPHY"
        case .date: "DATE"
        case .time: "TIME"
        case .datetime: "DATETIME"
        case .timestamp: "TIMESTAMP"
        case .interval: "INTERVAL"
        case .range: "RANGE"
        case .structure: "STRUCT"
        case .unknown(let name): name
        }
    }
}

extension FieldType: Codable {
    /// Decodes a type name.
    public init(from decoder: any Decoder) throws {
        self.init(name: try decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the GoogleSQL name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
