/// A schema laid out for decoding: one small node per field, without references to follow.
struct DecodingPlan: Sendable {
    /// How the text of a value is turned into the form in which it is stored.
    enum Conversion: Sendable {
        case int64, float64, bool, bytes, timestamp
        /// As sent.
        case text
        /// As sent, after it has been checked to be one JSON value; inside other values a part of their JSON.
        case json
        case structure
        /// As sent, also if it is not a string.
        case unknown
    }

    /// One field.
    struct Node: Sendable {
        let conversion: Conversion
        let isRepeated: Bool
        let isRequired: Bool
        /// What stands before the field's value in JSON, `{"first":` or `,"other":`: the range of
        /// ``DecodingPlan/keys``.
        let key: Range<Int>
        /// The members of a STRUCT: the range of ``DecodingPlan/nodes``.
        fileprivate(set) var members: Range<Int>

        /// Whether the value is stored as JSON.
        var isNested: Bool { isRepeated || conversion == .structure }
    }

    /// All fields; the first ``columnCount`` are the columns.
    private(set) var nodes: [Node] = []
    /// The names of the fields, by node; those of a STRUCT's members are distinct.
    private var names: [String] = []
    private(set) var keys: [UInt8] = []
    let columnCount: Int

    /// Makes the plan for a schema.
    init(_ schema: TableSchema) {
        columnCount = schema.fields.count
        _ = add(schema.fields, names: schema.fields.map(\.name))
    }

    /// The name of a member of a STRUCT, as it is written.
    func memberName(_ node: Int) -> String { names[node] }

    /// The name of a column, as it is staged. For errors only: the names of columns are not part of what is decoded.
    func columnName(_ column: Int) -> String {
        names.prefix(columnCount).map { TableSchema.Field(name: $0, type: .string) }.distinctNames[column]
    }

    /// Whether cells become longer than they were sent.
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
