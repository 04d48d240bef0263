import BigQueryRows

/// Decodes rows to `Decodable` types, with the names of columns and of STRUCT members as keys.
///
/// ```swift
/// import BigQueryPull
/// import Foundation
///
/// struct Order: Decodable {
///     struct Item: Decodable {
///         var productID: String
///         var quantity: Int
///         var price: Decimal
///     }
///
///     var orderID: Int64
///     var createdAt: Date
///     var comment: String?
///     var items: [Item]
/// }
///
/// func order(in row: BigQueryRow) throws(PullError) -> Order {
///     try RowDecoder(keyDecodingStrategy: .convertFromSnakeCase).decode(Order.self, from: row)
/// }
/// ```
///
/// A STRUCT is decoded as a keyed type, an ARRAY as an array, NULL as `nil`, and every other value as the
/// ``ColumnDecodable`` type of the property, at the top level and inside a STRUCT or an ARRAY alike. A property that is
/// optional can be NULL or have no column; any other property must have one. Further columns are ignored.
///
/// A JSON value is decoded by its own types. Read as a `String`, it is its text.
public struct RowDecoder: Sendable {
    /// How the keys of a type correspond to the names of columns.
    ///
    /// The case of ASCII letters does not matter, except in the members of a JSON value.
    public enum KeyDecodingStrategy: Sendable, Hashable {
        /// The key is the name: `created_at` reads `created_at`.
        case useDefaultKeys
        /// The key is the name in camel case: `createdAt` reads `created_at`, and `orderID` reads `order_id`. Does not
        /// apply to dictionaries, whose keys are names.
        case convertFromSnakeCase
    }

    /// How keys correspond to names, also those of STRUCT and JSON members.
    public var keyDecodingStrategy: KeyDecodingStrategy

    /// Creates a decoder.
    ///
    /// - Parameter keyDecodingStrategy: how keys correspond to names. Defaults to keys that are names.
    public init(keyDecodingStrategy: KeyDecodingStrategy = .useDefaultKeys) {
        self.keyDecodingStrategy = keyDecodingStrategy
    }

    /// Decodes a row.
    ///
    /// - Parameters:
    ///   - type: the type of the value.
    ///   - row: the row.
    /// - Returns: the value.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` for a key without a column, or
    ///   ``PullError/Code-swift.struct/cellMismatch`` for a value that does not match. An error of the type's own
    ///   `init(from:)` is its cause.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from row: BigQueryRow) throws(PullError)
        -> Value
    {
        try decode(type, RowValue(content: .row(row), key: nil, strategy: keyDecodingStrategy), of: row)
    }

    /// Decodes one column of a row.
    func decode<Value: Decodable>(
        _ type: Value.Type, from row: BigQueryRow, column: Int
    ) throws(PullError) -> Value {
        let key = PathKey(stringValue: row.columnNames[column])
        return try decode(
            type, RowValue(content: row.content(of: column), key: key, strategy: keyDecodingStrategy), of: row)
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ value: RowValue, of row: BigQueryRow
    ) throws(PullError) -> Value {
        do {
            return try value.decode(type)
        } catch {
            throw row.located(error)
        }
    }
}

extension BigQueryRow {
    fileprivate func content(of column: Int) -> RowValue.Content {
        .cell(batch.cell(row: position, column: column), batch.columns.types[column])
    }

    /// An error of decoding, with the row and the column that it is about.
    fileprivate func located(_ error: any Error) -> PullError {
        guard let error = error as? DecodingError else {
            return located(PullError(code: .cellMismatch, message: "\(error)", cause: error), at: [])
        }
        let (context, code): (DecodingError.Context, PullError.Code) =
            switch error {
            case .keyNotFound(_, let context): (context, .noSuchColumn)
            case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
                (context, .cellMismatch)
            @unknown default:
                (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), .cellMismatch)
            }
        let reason =
            context.underlyingError as? PullError
            ?? PullError(code: code, message: context.debugDescription, cause: context.underlyingError ?? error)
        return located(reason, at: context.codingPath)
    }
}

/// A row, or a value in a row at any depth, as a decoder sees it.
private struct RowValue {
    enum Content {
        case row(BigQueryRow)
        /// A column.
        case cell(BigQueryCell, ValueType)
        /// A part of a nested value, with its type if it is not part of a JSON value.
        case json(JSONValue, [UInt8], ValueType?)
    }

    let content: Content
    /// The path of the value that contains this one.
    var parentPath: [any CodingKey] = []
    /// The column, the member or the element; `nil` for a row.
    let key: PathKey?
    let strategy: RowDecoder.KeyDecodingStrategy
    /// Whether the keys are data, as those of a dictionary are, to which no strategy applies.
    var keysAreData = false

    /// The names of the column and of the members below it, and the indexes of elements.
    var path: [any CodingKey] { key.map { parentPath + [$0] } ?? parentPath }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let columnType = Value.self as? any ColumnDecodable.Type {
            guard let value = try read(columnType) as? Value else { throw mismatch(type) }
            return value
        }
        do {
            var value = self
            value.keysAreData = strategy != .useDefaultKeys && Value.self is any StringKeyed.Type
            return try Value(from: value)
        } catch let error as DecodingError {
            throw error
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: path, debugDescription: "\(error)", underlyingError: error))
        }
    }

    func read<Value: ColumnDecodable>(_ type: Value.Type) throws -> Value {
        do throws(PullError) {
            guard let cell = try cell() else { throw Self.notOneValue(type) }
            return try Value(cell: cell)
        } catch {
            throw mismatch(type, error)
        }
    }

    /// The value as a cell; `nil` for a row.
    private func cell() throws(PullError) -> BigQueryCell? {
        switch content {
        case .row: nil
        case .cell(let cell, _): cell
        case .json(let value, let bytes, let type): try value.cell(type?.kind, in: bytes)
        }
    }

    /// Whether the value is NULL, or the `null` of JSON.
    var isNull: Bool {
        switch content {
        case .row: false
        case .cell(let cell, _): cell.isNull || cell.isJSONNull
        case .json(let value, _, _): if case .null = value.content { true } else { false }
        }
    }

    /// The JSON of a nested value, with its type if it has a schema; `nil` for any other value and for NULL.
    func parsed() throws -> (value: JSONValue, bytes: [UInt8], type: ValueType?)? {
        switch content {
        case .row: return nil
        case .cell(let cell, let type):
            guard cell.kind == .nested || cell.kind == .json, cell.reference.kind == .text else { return nil }
            do throws(PullError) {
                return (try JSONValue(cell), cell.bytes, type.schema)
            } catch {
                throw mismatch(JSONValue.self, error)
            }
        case .json(let value, let bytes, let type):
            return (value, bytes, type?.schema)
        }
    }

    func mismatch(_ type: Any.Type, _ reason: PullError? = nil) -> DecodingError {
        let reason = reason ?? Self.notOneValue(type)
        let context = DecodingError.Context(
            codingPath: path, debugDescription: reason.message, underlyingError: reason)
        return .typeMismatch(type, context)
    }

    /// The error for a value whose structure is not the requested one.
    func mismatch(_ type: Any.Type, expected: String) -> DecodingError {
        let subject = isNull ? "NULL" : "the value"
        return mismatch(
            type, PullError(code: .cellMismatch, message: "\(subject) cannot be read as \(expected)"))
    }

    private static func notOneValue(_ type: Any.Type) -> PullError {
        PullError(code: .cellMismatch, message: "a row cannot be read as \(type)")
    }
}

/// A dictionary with keys that are data.
private protocol StringKeyed {}

extension Dictionary: StringKeyed where Key == String {}

extension ValueType {
    /// The type, unless it is JSON, whose parts have no schema.
    fileprivate var schema: ValueType? {
        if case .scalar(.json, _) = self { nil } else { self }
    }
}

extension RowValue: Decoder, SingleValueDecodingContainer {
    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try MemberContainer<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try ElementContainer(self) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func decodeNil() -> Bool { isNull }
}

/// The columns of a row, or the members of a STRUCT or a JSON object.
private struct MemberContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private enum Members {
        case row(BigQueryRow)
        case structure(RowColumns, [JSONValue.Member], [UInt8])
        case object([String: JSONValue], [UInt8])
    }

    private let owner: RowValue
    private let members: Members
    private let strategy: RowDecoder.KeyDecodingStrategy

    let codingPath: [any CodingKey]

    init(_ owner: RowValue) throws {
        self.owner = owner
        codingPath = owner.path
        strategy = owner.keysAreData ? .useDefaultKeys : owner.strategy
        if case .row(let row) = owner.content {
            members = .row(row)
            return
        }
        guard let (value, bytes, type) = try owner.parsed(), case .object(let list) = value.content else {
            throw owner.mismatch([String: Any].self, expected: "a STRUCT")
        }
        if case .structure(let columns) = type {
            guard list.count == columns.names.count else {
                throw owner.mismatch(
                    [String: Any].self, expected: "a STRUCT of \(columns.names.count) members: it has \(list.count)")
            }
            members = .structure(columns, list, bytes)
        } else {
            let isCamelCase = strategy == .convertFromSnakeCase
            members = .object(
                Dictionary(list.map { (isCamelCase ? $0.name.camelCased : $0.name, $0.value) }) { first, _ in first },
                bytes)
        }
    }

    var allKeys: [Key] {
        let names: [String] =
            switch members {
            case .row(let row): row.columnNames
            case .structure(let columns, _, _): columns.names
            case .object(let values, _): Array(values.keys)
            }
        return names.compactMap {
            Key(stringValue: strategy == .convertFromSnakeCase ? $0.camelCased : $0)
        }
    }

    /// The value of a key; `nil` if it does not exist.
    private func find(_ key: some CodingKey) -> RowValue? {
        let name = key.stringValue
        switch members {
        case .row(let row):
            guard let index = row.batch.columns.index(of: name, strategy) else { return nil }
            return child(row.content(of: index), row.batch.columns.names[index])
        case .structure(let columns, let members, let bytes):
            guard let index = columns.index(of: name, strategy) else { return nil }
            return child(.json(members[index].value, bytes, columns.types[index]), columns.names[index])
        case .object(let values, let bytes):
            guard let value = values[name] else { return nil }
            return child(.json(value, bytes, nil), name)
        }
    }

    private func child(_ content: RowValue.Content, _ name: String) -> RowValue {
        RowValue(
            content: content, parentPath: codingPath, key: PathKey(stringValue: name), strategy: owner.strategy)
    }

    private func value(_ key: some CodingKey) throws -> RowValue {
        guard let value = find(key) else {
            let kind = codingPath.isEmpty ? "column" : "member"
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(codingPath: codingPath, debugDescription: "no \(kind) \"\(key.stringValue)\""))
        }
        return value
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key).isNull }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try value(key).decode(type)
    }

    func decode<Value: ColumnDecodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try value(key).read(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = find(key), !value.isNull else { return nil }
        return try value.decode(type)
    }

    func decodeIfPresent<Value: ColumnDecodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try find(key)?.read(Value?.self) ?? nil
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try value(PathKey(stringValue: "super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

/// The elements of an ARRAY or a JSON array.
private struct ElementContainer: UnkeyedDecodingContainer {
    private let strategy: RowDecoder.KeyDecodingStrategy
    private let elements: [JSONValue]
    private let bytes: [UInt8]
    private let type: ValueType?

    private(set) var currentIndex = 0

    let codingPath: [any CodingKey]
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(_ owner: RowValue) throws {
        guard let (value, bytes, type) = try owner.parsed(), case .array(let elements) = value.content else {
            throw owner.mismatch([Any].self, expected: "an ARRAY")
        }
        strategy = owner.strategy
        codingPath = owner.path
        self.elements = elements
        self.bytes = bytes
        self.type = if case .array(let element) = type { element } else { nil }
    }

    private func value(_ type: Any.Type) throws -> RowValue {
        let key = PathKey(intValue: currentIndex)
        guard !isAtEnd else {
            let context = DecodingError.Context(
                codingPath: codingPath + [key], debugDescription: "the ARRAY has \(elements.count) elements")
            throw DecodingError.valueNotFound(type, context)
        }
        return RowValue(
            content: .json(elements[currentIndex], bytes, self.type), parentPath: codingPath, key: key,
            strategy: strategy)
    }

    /// Advances if the body succeeds.
    private mutating func next<Value>(_ type: Any.Type, _ body: (RowValue) throws -> Value) throws -> Value {
        let result = try body(value(type))
        currentIndex += 1
        return result
    }

    mutating func decodeNil() throws -> Bool {
        guard try value(Never?.self).isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next(type) { try $0.decode(type) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next([String: Any].self) { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next([Any].self) { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try next((any Decoder).self) { $0 } }
}
