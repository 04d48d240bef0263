import GRDBSQLite

/// The parameters of a query, named or positional.
struct QueryParameters: Sendable {
    private struct Parameter: Sendable {
        var name: String?
        var field: SchemaField
        var value: SQLValue
    }

    private var parameters: [Parameter] = []

    init() {}

    /// Creates the parameters from the API's list of `QueryParameter`.
    init(json: [JSON]) throws(ServiceError) {
        for (index, element) in json.enumerated() {
            guard let object = element.object, let type = object["parameterType"]?.object else {
                throw ServiceError(.invalid, "Query parameter \(index + 1) has no type")
            }
            let name = object["name"]?.string.flatMap { $0.isEmpty ? nil : $0.lowercased() }
            let field = try Self.field(name: name ?? "", type: type)
            do {
                let value = try Self.value(object["parameterValue"]?.object ?? [:], field: field)
                parameters.append(Parameter(name: name, field: field, value: value))
            } catch {
                throw ServiceError(
                    .invalidQuery, "Invalid value for query parameter \(name ?? String(index + 1)): \(error)")
            }
        }
    }

    var count: Int { parameters.count }

    func contains(named name: String) -> Bool { field(named: name) != nil }

    func contains(position: Int) -> Bool { field(position: position) != nil }

    func field(named name: String) -> SchemaField? {
        parameters.first { $0.name == name.lowercased() }?.field
    }

    func field(position: Int) -> SchemaField? {
        (1...max(1, count)).contains(position) && count > 0 && parameters[position - 1].name == nil
            ? parameters[position - 1].field : nil
    }

    /// Adds a named parameter that is NULL.
    mutating func declare(_ field: SchemaField) {
        parameters.append(Parameter(name: field.name, field: field, value: .null))
    }

    /// Binds all values to a translated query.
    func bind(to statement: OpaquePointer?) {
        for (index, parameter) in parameters.enumerated() {
            let position =
                parameter.name.map { sqlite3_bind_parameter_index(statement, "@" + $0) } ?? Int32(index + 1)
            if position > 0 { parameter.value.bind(to: statement, at: position, field: parameter.field) }
        }
    }

    private static func field(name: String, type: JSONObject) throws(ServiceError) -> SchemaField {
        let typeName = type["type"]?.string ?? ""
        if typeName.uppercased() == "ARRAY", let element = type["arrayType"]?.object {
            var field = try field(name: name, type: element)
            field.mode = .repeated
            return field
        }
        guard let fieldType = GoogleSQLType(name: typeName) else {
            throw ServiceError(.invalid, "Query parameter \(name) has the unknown type \(typeName)")
        }
        var field = SchemaField(name: name, type: fieldType)
        field.rangeElement = type["rangeElementType"]?.object?["type"]?.string.flatMap(GoogleSQLType.init(name:))
        for member in type["structTypes"]?.array ?? [] {
            let memberName = member.object?["name"]?.string ?? ""
            field.fields.append(try Self.field(name: memberName, type: member.object?["type"]?.object ?? [:]))
        }
        return field
    }

    private static func value(_ json: JSONObject, field: SchemaField) throws(ValueError) -> SQLValue {
        if field.mode == .repeated {
            var elements: [SQLValue] = []
            for element in json["arrayValues"]?.array ?? [] {
                elements.append(try value(element.object ?? [:], field: field.element))
            }
            return .list(elements)
        }
        if field.type == .structure {
            var members: [SQLValue] = []
            let values = json["structValues"]?.object ?? [:]
            for member in field.fields { members.append(try value(values[member.name]?.object ?? [:], field: member)) }
            return .structure(members)
        }
        if let range = json["rangeValue"]?.object {
            let ends = ["start", "end"].map { range[$0]?.object?["value"]?.string ?? "UNBOUNDED" }
            return .text("[\(ends[0]), \(ends[1]))")
        }
        switch json["value"] {
        case nil, .null: return .null
        case .string(let text), .number(let text): return try SQLValue(text: text, field: field)
        case .bool(let flag): return try SQLValue(text: String(flag), field: field)
        default: throw ValueError("field \(field.name): expected a string")
        }
    }
}
