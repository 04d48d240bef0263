/// The value of a parameter without its type: BigQuery's `QueryParameterValue`.
indirect enum ParameterContent: Sendable, Hashable {
    case null
    /// A scalar as text, in the form that a cast from STRING accepts. BYTES are base64.
    case scalar(String)
    case array([ParameterContent])
    case `struct`([String: ParameterContent])
    /// Start and end; `nil` is unbounded.
    case range(start: String?, end: String?)

    var text: String? {
        if case .scalar(let text) = self { text } else { nil }
    }
}

extension ParameterContent: Codable {
    private enum CodingKeys: String, CodingKey {
        case value, arrayValues, structValues, rangeValue
    }

    private struct Bounds: Codable {
        var start: ParameterContent
        var end: ParameterContent
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let elements = try container.decodeIfPresent([ParameterContent].self, forKey: .arrayValues) {
            self = .array(elements)
        } else if let fields = try container.decodeIfPresent([String: ParameterContent].self, forKey: .structValues) {
            self = .struct(fields)
        } else if let bounds = try container.decodeIfPresent(Bounds.self, forKey: .rangeValue) {
            self = .range(start: bounds.start.text, end: bounds.end.text)
        } else {
            self = try container.decodeIfPresent(String.self, forKey: .value).map(Self.scalar) ?? .null
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .null: try container.encodeNil(forKey: .value)
        case .scalar(let text): try container.encode(text, forKey: .value)
        case .array(let elements): try container.encode(elements, forKey: .arrayValues)
        case .struct(let fields): try container.encode(fields, forKey: .structValues)
        case .range(let start, let end):
            let bounds = Bounds(start: start.map(Self.scalar) ?? .null, end: end.map(Self.scalar) ?? .null)
            try container.encode(bounds, forKey: .rangeValue)
        }
    }
}
