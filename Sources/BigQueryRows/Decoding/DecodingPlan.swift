/// A schema laid out for decoding: one small node per field, without references.
struct DecodingPlan: Sendable {
    /// The conversion of a value to its stored form.
    enum Conversion: Sendable {
        case int64, float64, bool, bytes, timestamp
        /// As sent.
        case text
        /// As sent, after a check that it is one JSON value. In a nested value, a part of its JSON.
        case json
        case structure
        /// As sent, even if it is not a string.
        case unknown
    }

    /// One field.
    struct Node: Sendable {
        let conversion: Conversion
        let isRepeated: Bool
        let isRequired: Bool
        /// The text before the field's value in JSON, `{"first":` or `,"other":`, as a range of ``DecodingPlan/keys``.
        let key: Range<Int>
        /// The members of a STRUCT, as a range of ``DecodingPlan/nodes``.
        fileprivate(set) var members: Range<Int>

        /// Whether the value is stored as JSON.
        var isNested: Bool { isRepeated || conversion == .structure }
    }

    /// All fields. The first ``columnCount`` are the columns.
    private(set) var nodes: [Node] = []
    /// The names of the fields, by node. The names of a STRUCT's members are distinct.
    private var names: [String] = []
    private(set) var keys: [UInt8] = []
    let columnCount: Int

    /// Creates the plan for a schema.
    init(_ schema: TableSchema) {
        columnCount = schema.fields.count
        _ = add(schema.fields, names: schema.fields.map(\.name))
    }

    /// The name of a member of a STRUCT, as it is written.
    func memberName(_ node: Int) -> String { names[node] }

    /// The name of a column as it is staged, for errors.
    func columnName(_ column: Int) -> String {
        names.prefix(columnCount).map { TableSchema.Field(name: $0, type: .string) }.distinctNames[column]
    }

    /// Whether cells can be longer than on the wire.
    var growsText: Bool {
        nodes.prefix(columnCount).contains { $0.isNested || $0.conversion == .timestamp }
    }

    private mutating func add(_ fields: [TableSchema.Field], names: [String]) -> Range<Int> {
        let range = nodes.count..<nodes.count + fields.count
        self.names += names
        for (name, field) in zip(names, fields) {
            let keyStart = keys.count
            keys.append(nodes.count == range.lowerBound ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONWriter.append(string: name.utf8, to: &keys)
            keys.append(UInt8(ascii: ":"))
            nodes.append(
                Node(
                    conversion: Conversion(field.type), isRepeated: field.mode == .repeated,
                    isRequired: field.mode == .required, key: keyStart..<keys.count, members: 0..<0))
        }
        for (index, field) in zip(range, fields) where field.type == .structure {
            nodes[index].members = add(field.fields, names: field.fields.distinctNames)
        }
        return range
    }
}

extension DecodingPlan.Conversion {
    init(_ type: FieldType) {
        self =
            switch type {
            case .int64: .int64
            case .float64: .float64
            case .bool: .bool
            case .bytes: .bytes
            case .timestamp: .timestamp
            case .json: .json
            case .structure: .structure
            case .unknown: .unknown
            case .numeric, .bignumeric, .string, .geography, .date, .time, .datetime, .interval, .range: .text
            }
    }
}
