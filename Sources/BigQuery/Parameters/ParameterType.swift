/// The type of a query parameter.
public indirect enum ParameterType: Sendable, Hashable {
    case int64, float64, numeric, bignumeric, bool
    case string, bytes, json, geography
    case date, time, datetime, timestamp, interval
    /// A RANGE of DATE, DATETIME or TIMESTAMP.
    case range(ParameterType)
    /// An ARRAY of this element type.
    case array(ParameterType)
    /// A STRUCT of these fields, in order.
    case `struct`([Field])
    /// A type that this version does not know, with its name in a stored job configuration.
    case unknown(String)

    /// A field of a STRUCT.
    public struct Field: Sendable, Hashable, Codable {
        /// The name.
        public var name: String
        /// The type.
        public var type: ParameterType

        /// Creates a field.
        public init(name: String, type: ParameterType) {
            self.name = name
            self.type = type
        }
    }
}

extension ParameterType: CustomStringConvertible {
    /// The GoogleSQL name, for example `INT64` or `ARRAY<STRING>`.
    public var description: String {
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
        case .range(let element): "RANGE<\(element)>"
        case .array(let element): "ARRAY<\(element)>"
        case .struct(let fields): "STRUCT<\(fields.map { "\($0.name) \($0.type)" }.joined(separator: ", "))>"
        case .unknown(let name): name
        }
    }
}

extension ParameterType {
    private static let scalars: [ParameterType] = [
        .int64, .float64, .numeric, .bignumeric, .bool, .string, .bytes, .json, .geography, .date, .time, .datetime,
        .timestamp, .interval,
    ]

    /// Source: "Data types" in the reference of GoogleSQL, and the type names of legacy SQL.
    private static let aliases: [String: ParameterType] = [
        "INT": .int64, "SMALLINT": .int64, "INTEGER": .int64, "BIGINT": .int64, "TINYINT": .int64, "BYTEINT": .int64,
        "FLOAT": .float64, "DECIMAL": .numeric, "BIGDECIMAL": .bignumeric, "BOOLEAN": .bool,
    ]

    private static let scalarsByName = aliases.merging(scalars.map { ($0.description, $0) }) { _, scalar in scalar }

    /// The GoogleSQL names of all types, without type parameters.
    static let names = scalars.map(\.description) + ["ARRAY", "RANGE", "STRUCT"]

    /// The scalar type with a GoogleSQL name or an alias, in any case; `unknown` for any other name.
    package init(scalar name: String) {
        self = Self.scalarsByName[name.uppercased()] ?? .unknown(name)
    }
}

extension ParameterType: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, arrayType, structTypes, rangeElementType
    }

    /// Decodes BigQuery's `QueryParameterType`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ARRAY": self = .array(try container.decode(ParameterType.self, forKey: .arrayType))
        case "STRUCT": self = .struct(try container.decode([Field].self, forKey: .structTypes))
        case "RANGE": self = .range(try container.decode(ParameterType.self, forKey: .rangeElementType))
        case let name: self.init(scalar: name)
        }
    }

    /// Encodes BigQuery's `QueryParameterType`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .array(let element):
            try container.encode("ARRAY", forKey: .type)
            try container.encode(element, forKey: .arrayType)
        case .struct(let fields):
            try container.encode("STRUCT", forKey: .type)
            try container.encode(fields, forKey: .structTypes)
        case .range(let element):
            try container.encode("RANGE", forKey: .type)
            try container.encode(element, forKey: .rangeElementType)
        default: try container.encode(description, forKey: .type)
        }
    }
}
