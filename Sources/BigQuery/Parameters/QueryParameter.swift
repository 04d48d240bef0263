/// A parameter of a query.
public struct QueryParameter: Sendable, Hashable, Codable {
    /// The name without `@`; `nil` for a positional parameter.
    public var name: String?
    /// The type.
    public var type: ParameterType
    /// The value.
    public var value: ParameterValue

    private enum CodingKeys: String, CodingKey {
        case name
        case type = "parameterType"
        case value = "parameterValue"
    }

    /// Creates a parameter.
    public init(name: String?, type: ParameterType, value: ParameterValue) {
        self.name = name
        self.type = type
        self.value = value
    }
}

/// The type of a parameter, as BigQuery's `QueryParameterType`.
public indirect enum ParameterType: Sendable, Hashable {
    /// A type by its GoogleSQL name, for example `INT64`.
    case scalar(String)
    case array(ParameterType)
    case structure([Member])
    case range(ParameterType)

    /// A member of a STRUCT.
    public struct Member: Sendable, Hashable, Codable {
        /// The member's name.
        public var name: String
        /// The member's type.
        public var type: ParameterType
    }
}

extension ParameterType: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, arrayType, structTypes, rangeElementType
    }

    /// Decodes the REST form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ARRAY": self = .array(try container.decode(ParameterType.self, forKey: .arrayType))
        case "STRUCT": self = .structure(try container.decode([Member].self, forKey: .structTypes))
        case "RANGE": self = .range(try container.decode(ParameterType.self, forKey: .rangeElementType))
        case let name: self = .scalar(name)
        }
    }

    /// Encodes the REST form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .scalar(let name): try container.encode(name, forKey: .type)
        case .array(let element):
            try container.encode("ARRAY", forKey: .type)
            try container.encode(element, forKey: .arrayType)
        case .structure(let members):
            try container.encode("STRUCT", forKey: .type)
            try container.encode(members, forKey: .structTypes)
        case .range(let element):
            try container.encode("RANGE", forKey: .type)
            try container.encode(element, forKey: .rangeElementType)
        }
    }
}

/// The value of a parameter, as BigQuery's `QueryParameterValue`. Scalars are text in their canonical form.
public indirect enum ParameterValue: Sendable, Hashable {
    case null
    case scalar(String)
    case array([ParameterValue])
    case structure([String: ParameterValue])
    /// Start and end; `nil` is unbounded.
    case range(start: String?, end: String?)
}

extension ParameterValue: Codable {
    private enum CodingKeys: String, CodingKey {
        case value, arrayValues, structValues, rangeValue
    }

    private struct Bounds: Codable {
        var start: ParameterValue
        var end: ParameterValue
    }

    /// Decodes the REST form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let elements = try container.decodeIfPresent([ParameterValue].self, forKey: .arrayValues) {
            self = .array(elements)
        } else if let members = try container.decodeIfPresent([String: ParameterValue].self, forKey: .structValues) {
            self = .structure(members)
        } else if let bounds = try container.decodeIfPresent(Bounds.self, forKey: .rangeValue) {
            self = .range(start: bounds.start.text, end: bounds.end.text)
        } else {
            self = try container.decodeIfPresent(String.self, forKey: .value).map(Self.scalar) ?? .null
        }
    }

    private var text: String? {
        if case .scalar(let text) = self { text } else { nil }
    }

    /// Encodes the REST form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .null: try container.encodeNil(forKey: .value)
        case .scalar(let text): try container.encode(text, forKey: .value)
        case .array(let values): try container.encode(values, forKey: .arrayValues)
        case .structure(let members): try container.encode(members, forKey: .structValues)
        case .range(let start, let end):
            let bounds = Bounds(start: start.map(Self.scalar) ?? .null, end: end.map(Self.scalar) ?? .null)
            try container.encode(bounds, forKey: .rangeValue)
        }
    }
}
