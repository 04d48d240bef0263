import BigQueryRows
import TextSupport

/// A schema as lines: name, type, mode unless NULLABLE, description. The members of a STRUCT are indented below it.
enum SchemaTree {
    private struct Entry {
        var name: String
        var type: String
        var description: String
    }

    /// The maximum column width; longer names and types shift only their own line.
    private static let widestColumn = 40

    static func lines(_ schema: TableSchema) -> [String] {
        let entries = entries(schema.fields, indentation: "")
        let nameWidth = width(entries.map(\.name))
        let typeWidth = width(entries.map(\.type))
        return entries.map { entry in
            let start = "\(padded(entry.name, nameWidth))  "
            return entry.description.isEmpty
                ? start + entry.type : "\(start)\(padded(entry.type, typeWidth))  \(entry.description)"
        }
    }

    private static func entries(_ fields: [TableSchema.Field], indentation: String) -> [Entry] {
        fields.flatMap { field in
            let entry = Entry(
                name: indentation + printable(field.name, limit: 300), type: type(field),
                description: printable(field.description ?? "", limit: 1_024))
            return [entry] + entries(field.fields, indentation: indentation + "  ")
        }
    }

    private static func type(_ field: TableSchema.Field) -> String {
        var type = printable(field.type.name, limit: 100)
        if let element = field.rangeElementType { type += "<\(printable(element.name, limit: 100))>" }
        if let precision = field.timestampPrecision, precision != 6 { type += "(\(precision))" }
        switch field.mode {
        case .nullable: return type
        case .required: return "\(type) REQUIRED"
        case .repeated: return "ARRAY<\(type)>"
        }
    }

    private static func width(_ texts: [String]) -> Int {
        min(texts.map(\.count).max() ?? 0, widestColumn)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
