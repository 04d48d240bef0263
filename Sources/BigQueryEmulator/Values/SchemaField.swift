/// A column of a table or result, or a member of a STRUCT.
struct SchemaField: Sendable, Equatable {
    enum Mode: String, Sendable {
        case nullable = "NULLABLE"
        case required = "REQUIRED"
        case repeated = "REPEATED"
    }

    var name: String
    var type: GoogleSQLType
    var mode = Mode.nullable
    var fields: [SchemaField] = []
    var description: String?
    var rangeElement: GoogleSQLType?

    /// The field of an element of a repeated field.
    var element: SchemaField {
        var field = self
        field.mode = .nullable
        return field
    }

    /// The field as a column of a query result: nullable and without description.
    var asResult: SchemaField {
        var field = self
        if mode == .required { field.mode = .nullable }
        field.description = nil
        return field
    }

    /// The form of REST schemas.
    var json: JSON {
        var json: JSONObject = [
            "name": .string(name), "type": .string(type.wireName), "mode": .string(mode.rawValue),
        ]
        if !fields.isEmpty { json["fields"] = .array(fields.map(\.json)) }
        if let description { json["description"] = .string(description) }
        if let rangeElement { json["rangeElementType"] = ["type": .string(rangeElement.wireName)] }
        return .object(json)
    }

    /// The column definition in SQLite.
    var sqliteDefinition: String {
        "\(name.quotedIdentifier) \(mode == .repeated ? "TEXT" : type.sqliteType)"
    }
}

extension SchemaField {
    /// Parses the form of REST schemas and of the schema files of `bq`.
    init(json: JSON) throws(SchemaError) {
        guard let object = json.object, let name = object["name"]?.string, !name.isEmpty else {
            throw SchemaError(message: "a field has no name")
        }
        guard let typeName = object["type"]?.string, let type = GoogleSQLType(name: typeName) else {
            throw SchemaError(message: "field \(name) has no known type")
        }
        let mode = object["mode"]?.string?.uppercased() ?? Mode.nullable.rawValue
        guard let mode = Mode(rawValue: mode) else {
            throw SchemaError(message: "field \(name) has the unknown mode \(mode)")
        }
        self.init(name: name, type: type, mode: mode)
        description = object["description"]?.string
        rangeElement = object["rangeElementType"]?.object?["type"]?.string.flatMap(GoogleSQLType.init(name:))
        for member in object["fields"]?.array ?? [] { fields.append(try SchemaField(json: member)) }
        if type == .structure, fields.isEmpty {
            throw SchemaError(message: "Field \(name) is type RECORD but has no schema")
        }
    }

    /// Parses a schema: a list of fields, or an object with such a list under `fields`.
    static func schema(json: JSON) throws(SchemaError) -> [SchemaField] {
        guard let list = json.array ?? json.object?["fields"]?.array, !list.isEmpty else {
            throw SchemaError(message: "expected a list of fields")
        }
        var fields: [SchemaField] = []
        for field in list { fields.append(try SchemaField(json: field)) }
        return fields
    }
}

/// An invalid schema.
struct SchemaError: Error {
    var message: String
}

extension String {
    /// The name as a quoted SQLite identifier.
    var quotedIdentifier: String { "\"\(replacing("\"", with: "\"\""))\"" }
}
