package import BigQueryRows
import Foundation

/// The columns of a result, or the members of a STRUCT, prepared for access by name.
@usableFromInline
package final class RowColumns: Sendable {
    /// The columns as BigQuery describes them.
    let schema: TableSchema
    /// The names as in a staging table: distinct, with `_2` after the second column of one name.
    let names: [String]
    let types: [ValueType]
    /// The kind of each column's cells.
    @usableFromInline let kinds: [BigQueryCell.Kind]

    private let indexes: NameTable
    private let camelCaseIndexes: NameTable

    /// Prepares the columns of a schema.
    package init(_ schema: TableSchema) {
        self.schema = schema
        names = schema.fields.distinctNames
        types = schema.fields.map(ValueType.init)
        kinds = types.map(\.kind)
        indexes = NameTable(names)
        camelCaseIndexes = NameTable(names.map(\.camelCased))
    }

    /// The index of the column that a name or a key denotes. The case of ASCII letters does not matter, as in SQL.
    func index(of name: String, _ strategy: RowDecoder.KeyDecodingStrategy = .useDefaultKeys) -> Int? {
        switch strategy {
        case .useDefaultKeys: indexes[name]
        case .convertFromSnakeCase: camelCaseIndexes[name]
        }
    }

    /// The type of the column, member or element at a path; `nil` if it does not exist.
    func type(at path: some Collection<any CodingKey>) -> ValueType? {
        guard let key = path.first, let index = index(of: key.stringValue) else { return nil }
        return types[index].type(at: path.dropFirst())
    }
}

/// The indexes of names, the first of equal ones.
private struct NameTable: Sendable {
    /// The ASCII names in their own case, which are found faster. Others have to be compared byte by byte.
    private let ascii: [String: Int]
    private let folded: [FoldedName: Int]

    init(_ names: [String]) {
        let indexed = zip(names, names.indices)
        ascii = Dictionary(indexed.filter { $0.0.utf8.allSatisfy { $0 < 0x80 } }) { first, _ in first }
        folded = Dictionary(indexed.map { (FoldedName(name: $0), $1) }) { first, _ in first }
    }

    subscript(name: String) -> Int? { ascii[name] ?? folded[FoldedName(name: name)] }
}

/// The BigQuery type of a column, a member or an element.
indirect enum ValueType: Sendable {
    case scalar(BigQueryCell.Kind, name: String)
    case array(ValueType)
    case structure(RowColumns)

    /// The type of a field.
    init(_ field: TableSchema.Field) {
        let type: ValueType =
            if field.type == .structure {
                .structure(RowColumns(TableSchema(fields: field.fields)))
            } else {
                .scalar(BigQueryCell.Kind(field.type), name: field.type.name)
            }
        self = field.mode == .repeated ? .array(type) : type
    }

    /// The kind of cells of this type.
    var kind: BigQueryCell.Kind {
        switch self {
        case .scalar(let kind, _): kind
        case .array, .structure: .nested
        }
    }

    /// The name, for example `ARRAY<INT64>`.
    var name: String {
        switch self {
        case .scalar(_, let name): name
        case .array(let element): "ARRAY<\(element.name)>"
        case .structure: "STRUCT"
        }
    }

    /// The type of the member or element at a path; `nil` if it does not exist.
    fileprivate func type(at path: some Collection<any CodingKey>) -> ValueType? {
        if path.isEmpty { return self }
        return switch self {
        case .scalar(.json, _): self
        case .scalar: nil
        case .array(let element): element.type(at: path.dropFirst())
        case .structure(let members): members.type(at: path)
        }
    }
}

extension String {
    /// The name with each underscore between two words replaced by an upper-case letter, as `JSONDecoder` does.
    var camelCased: String {
        let name = drop { $0 == "_" }
        guard let last = name.lastIndex(where: { $0 != "_" }), name.contains("_") else { return self }
        let words = name[...last].split(separator: "_")
        guard words.count > 1 else { return self }
        let joined = words[0].lowercased() + words.dropFirst().map(\.capitalized).joined()
        return "\(self[..<name.startIndex])\(joined)\(name[last...].dropFirst())"
    }
}
