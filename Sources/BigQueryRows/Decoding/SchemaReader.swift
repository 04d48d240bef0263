extension JSONScanner {
    /// The maximum nesting of STRUCT. BigQuery allows 15 levels.
    private static let structLimit = 64

    /// Reads a `TableSchema`. Without `fields` it has no columns.
    mutating func readSchema() throws(PageFault) -> TableSchema {
        var schema = TableSchema(fields: [])
        var seen = SeenMembers()
        var hasNext = try beginObject()
        while hasNext {
            if try readMember(&seen) == .fields {
                schema.fields = try readFields(level: 1)
            } else {
                try skipValue()
            }
            hasNext = try continueObject()
        }
        return schema
    }

    private mutating func readFields(level: Int) throws(PageFault) -> [TableSchema.Field] {
        guard level <= Self.structLimit else {
            throw PageFault(
                .inconsistentPage, "the schema has more than \(Self.structLimit) levels of STRUCT")
        }
        var fields: [TableSchema.Field] = []
        var hasNext = try beginArray()
        while hasNext {
            fields.append(try readField(level: level))
            hasNext = try continueArray()
        }
        return fields
    }

    private mutating func readField(level: Int) throws(PageFault) -> TableSchema.Field {
        var name: String?
        var type: FieldType?
        var field = TableSchema.Field(name: "", type: .string)
        var seen = SeenMembers()
        var hasNext = try beginObject()
        while hasNext {
            switch try readMember(&seen) {
            case .name: name = try readString(of: "name")
            case .type: type = FieldType(name: try readString(of: "type"))
            case .mode: field.mode = try readMode()
            case .fields: field.fields = try readFields(level: level + 1)
            case .description: field.description = try readString(of: "description")
            case .timestampPrecision: field.timestampPrecision = Int(try readString(of: "timestampPrecision"))
            case .rangeElementType: field.rangeElementType = try readElementType()
            case nil: try skipValue()
            }
            hasNext = try continueObject()
        }
        guard let name, let type else {
            throw PageFault(.inconsistentPage, "a column of the schema has no name or no type")
        }
        field.name = name
        field.type = type
        return field
    }

    private mutating func readMode() throws(PageFault) -> TableSchema.Mode {
        let name = try readString(of: "mode")
        guard let mode = TableSchema.Mode(rawValue: name) else {
            throw PageFault(.inconsistentPage, "the schema has a column of unknown mode \(excerpt(name.utf8))")
        }
        return mode
    }

    private mutating func readElementType() throws(PageFault) -> FieldType? {
        var type: FieldType?
        var seen = SeenMembers()
        var hasNext = try beginObject()
        while hasNext {
            if try readMember(&seen) == .type {
                type = FieldType(name: try readString(of: "type"))
            } else {
                try skipValue()
            }
            hasNext = try continueObject()
        }
        return type
    }

    /// Reads a key and its colon; `nil` if it is not a key of a schema.
    private mutating func readMember(_ seen: inout SeenMembers) throws(PageFault) -> SchemaMember? {
        guard let member = SchemaMember(name: readText(try readKey())) else { return nil }
        guard seen.insert(member) else {
            throw malformed("duplicate '\(member)' in one object of the schema", at: position)
        }
        return member
    }

    private mutating func readString(of key: StaticString) throws(PageFault) -> String {
        guard next == UInt8(ascii: "\"") else {
            guard position < count else { throw unexpected("a string") }
            throw PageFault(.inconsistentPage, "'\(key)' of a column of the schema is not a string")
        }
        return readText(try readString())
    }

    /// The text of a range.
    func readText(_ range: Range<Int>) -> String {
        String(decoding: bytes(range), as: UTF8.self)
    }
}

/// A member of a schema, of a field or of the element type of a RANGE.
private enum SchemaMember: UInt8 {
    case name, type, mode, fields, description, timestampPrecision, rangeElementType

    init?(name: String) {
        switch name {
        case "name": self = .name
        case "type": self = .type
        case "mode": self = .mode
        case "fields": self = .fields
        case "description": self = .description
        case "timestampPrecision": self = .timestampPrecision
        case "rangeElementType": self = .rangeElementType
        default: return nil
        }
    }
}

/// The members of one object that have been read, to detect duplicates.
private struct SeenMembers {
    private var bits: UInt8 = 0

    /// Adds a member; `false` if it is a duplicate.
    mutating func insert(_ member: SchemaMember) -> Bool {
        let bit: UInt8 = 1 << member.rawValue
        defer { bits |= bit }
        return bits & bit == 0
    }
}
