/// The columns of a result or a table, as `TableSchema` of the BigQuery REST API.
public struct TableSchema: Sendable, Hashable, Codable {
    /// The top-level columns, in order.
    public var fields: [Field]

    /// Creates a schema.
    ///
    /// - Parameter fields: the top-level columns, in order.
    public init(fields: [Field]) {
        self.fields = fields
    }

    /// Decodes the REST form. A schema without `fields` has no columns.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        fields = try container.decodeIfPresent([Field].self, forKey: .fields) ?? []
    }
}

extension TableSchema {
    /// One column, or one member of a STRUCT.
    public struct Field: Sendable, Hashable {
        /// The name as BigQuery spells it.
        public var name: String
        /// The type of one value; of one element if `mode` is `repeated`.
        public var type: FieldType
        /// Whether values can be NULL or are lists. Defaults to `nullable`, also if the service sends none (DML
        /// results).
        public var mode: Mode
        /// The members of a STRUCT; empty for all other types.
        public var fields: [Field]
        /// The column's description, if it has one.
        public var description: String?
        /// The number of fractional digits of a TIMESTAMP: 6 or 12; `nil` means 6.
        public var timestampPrecision: Int?
        /// The element type of a RANGE.
        public var rangeElementType: FieldType?

        /// Creates a column. The defaults are those of a plain nullable column.
        ///
        /// - Parameters:
        ///   - name: the name as BigQuery spells it.
        ///   - type: the type of one value.
        ///   - mode: whether values can be NULL or are lists.
        ///   - fields: the members of a STRUCT.
        ///   - description: the column's description.
        ///   - timestampPrecision: the number of fractional digits of a TIMESTAMP, 6 or 12; `nil` means 6.
        ///   - rangeElementType: the element type of a RANGE.
        public init(
            name: String, type: FieldType, mode: Mode = .nullable, fields: [Field] = [],
            description: String? = nil, timestampPrecision: Int? = nil, rangeElementType: FieldType? = nil
        ) {
            self.name = name
            self.type = type
            self.mode = mode
            self.fields = fields
            self.description = description
            self.timestampPrecision = timestampPrecision
            self.rangeElementType = rangeElementType
        }
    }

    /// Whether a column has NULLs or lists.
    public enum Mode: String, Sendable, Hashable, Codable {
        case nullable = "NULLABLE"
        case required = "REQUIRED"
        case repeated = "REPEATED"
    }
}

extension TableSchema.Field: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, type, mode, fields, description, timestampPrecision, rangeElementType
    }

    private struct RangeElement: Codable {
        var type: FieldType
    }

    /// Decodes the REST form, in which `timestampPrecision` is a string and `rangeElementType` an object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        type = try container.decode(FieldType.self, forKey: .type)
        mode = try container.decodeIfPresent(TableSchema.Mode.self, forKey: .mode) ?? .nullable
        fields = try container.decodeIfPresent([TableSchema.Field].self, forKey: .fields) ?? []
        description = try container.decodeIfPresent(String.self, forKey: .description)
        timestampPrecision = try container.decodeIfPresent(String.self, forKey: .timestampPrecision)
            .flatMap(Int.init)
        rangeElementType = try container.decodeIfPresent(RangeElement.self, forKey: .rangeElementType)?.type
    }

    /// Encodes the REST form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(mode, forKey: .mode)
        if !fields.isEmpty { try container.encode(fields, forKey: .fields) }
        try container.encodeIfPresent(description, forKey: .description)
        try container.encodeIfPresent(timestampPrecision.map(String.init), forKey: .timestampPrecision)
        try container.encodeIfPresent(rangeElementType.map(RangeElement.init), forKey: .rangeElementType)
    }
}

extension TableSchema {
    /// Describes the first difference to another schema: a column that is added, removed or renamed, or has another
    /// type or mode; `nil` for equal schemas. Descriptions are ignored.
    package func firstDifference(to other: TableSchema) -> String? {
        Self.firstDifference(fields, other.fields, path: "")
    }

    private static func firstDifference(_ old: [Field], _ new: [Field], path: String) -> String? {
        for (before, after) in zip(old, new) {
            let name = path + before.name
            if before.name != after.name { return "column \(name) became \(path + after.name)" }
            if before.type != after.type || before.rangeElementType != after.rangeElementType {
                return "column \(name) changed from \(before.typeName) to \(after.typeName)"
            }
            if before.mode != after.mode {
                return "column \(name) changed from \(before.mode.rawValue) to \(after.mode.rawValue)"
            }
            if let nested = firstDifference(before.fields, after.fields, path: name + ".") { return nested }
        }
        if old.count < new.count { return "column \(path + new[old.count].name) was added" }
        if old.count > new.count { return "column \(path + old[new.count].name) is missing" }
        return nil
    }
}

extension TableSchema.Field {
    /// The type with its element type, if it has one: `RANGE<DATE>`.
    fileprivate var typeName: String {
        rangeElementType.map { "\(type.name)<\($0.name)>" } ?? type.name
    }
}

extension [TableSchema.Field] {
    /// The names of the fields, with `_2`, `_3`, … after those that equal an earlier one.
    ///
    /// Names are compared as in SQLite: byte by byte, without the case of ASCII letters. Suffixes do not affect names
    /// that are already distinct.
    package var distinctNames: [String] {
        let names = map(\.name)
        var taken = Set<FoldedName>(minimumCapacity: names.count)
        for name in names { taken.insert(FoldedName(name: name)) }
        guard taken.count < names.count else { return names }

        // The last suffix of each name, so that many equal names do not try all suffixes.
        var suffixes: [FoldedName: Int] = [:]
        return names.map { name in
            guard var suffix = suffixes[FoldedName(name: name)] else {
                suffixes[FoldedName(name: name)] = 1
                return name
            }
            repeat { suffix += 1 } while !taken.insert(FoldedName(name: "\(name)_\(suffix)")).inserted
            suffixes[FoldedName(name: name)] = suffix
            return "\(name)_\(suffix)"
        }
    }
}

/// A name, compared as in SQLite. Swift's `==` would equate canonically equivalent spellings.
package struct FoldedName: Hashable, Sendable {
    package let name: String

    package init(name: String) {
        self.name = name
    }

    package static func == (one: FoldedName, other: FoldedName) -> Bool {
        one.name.utf8.elementsEqual(other.name.utf8) { folded($0) == folded($1) }
    }

    package func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(Self.folded(byte)) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
