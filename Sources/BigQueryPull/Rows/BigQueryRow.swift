public import BigQueryRows
import TextSupport

/// A row of a result, with typed access to its columns.
///
/// A column is read by name or by index, as any type that is ``ColumnDecodable``. STRUCT, ARRAY and JSON columns are
/// read as any `Decodable` type:
///
/// ```swift
/// import BigQueryPull
///
/// struct Address: Decodable {
///     var street: String
///     var zip: String?
/// }
///
/// func show(_ row: BigQueryRow) throws(PullError) {
///     let id: Int64 = try row["id"]
///     let name = try row["name", as: String?.self]
///     let address = try row["address", as: Address.self]
///     let tags = try row[3, as: [String].self]
///     print(row.index, id, name ?? "unknown", address.street, tags)
/// }
/// ```
///
/// Values are exact, or an error that names the row and the column. A value of another type, NULL for a type that is
/// not optional, or a number out of range is an error with the code ``PullError/Code-swift.struct/cellMismatch``.
/// Messages count rows from 1.
///
/// Columns have the names that they have in a staging table: of two columns with one name, the second gets the suffix
/// `_2`. As in SQL, the case of ASCII letters does not matter.
///
/// A row shares the memory of its page: storing one row keeps the whole page in memory.
public struct BigQueryRow: Sendable {
    @usableFromInline let batch: RowBatch
    /// The index of the row in its page.
    @usableFromInline let position: Int

    /// Creates a row. `position` is within the batch.
    @inlinable
    package init(batch: RowBatch, position: Int) {
        self.batch = batch
        self.position = position
    }

    /// The index of the row in the whole result, from 0.
    public var index: Int64 { batch.page.firstRow + Int64(position) }

    /// The number of columns.
    @inlinable public var count: Int { batch.columns.kinds.count }

    /// The distinct names of the columns, in order.
    public var columnNames: [String] { batch.columns.names }

    /// The columns as BigQuery describes them.
    public var schema: TableSchema { batch.columns.schema }

    /// Reads a column by name.
    ///
    /// - Parameters:
    ///   - name: the name of the column, in any case.
    ///   - type: the type to read. Defaults to the type that the context requires.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` or
    ///   ``PullError/Code-swift.struct/cellMismatch``.
    @inlinable
    public subscript<Value: ColumnDecodable>(_ name: String, as type: Value.Type = Value.self) -> Value {
        get throws(PullError) { try self[columnIndex(name), as: type] }
    }

    /// Reads a column by index.
    ///
    /// - Parameters:
    ///   - index: the index of the column, from 0.
    ///   - type: the type to read. Defaults to the type that the context requires.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` if there is no such column, or
    ///   ``PullError/Code-swift.struct/cellMismatch``.
    @inlinable
    public subscript<Value: ColumnDecodable>(_ index: Int, as type: Value.Type = Value.self) -> Value {
        get throws(PullError) {
            guard index >= 0, index < count else { throw noColumn(index) }
            do throws(PullError) {
                return try Value(cell: batch.cell(row: position, column: index))
            } catch {
                throw located(error, column: index)
            }
        }
    }

    /// Reads a column by name, for example a STRUCT, an ARRAY or a JSON value.
    ///
    /// Keys are the names of a STRUCT's members. See ``RowDecoder`` for other keys.
    ///
    /// - Parameters:
    ///   - name: the name of the column, in any case.
    ///   - type: the type to read. Defaults to the type that the context requires.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` or
    ///   ``PullError/Code-swift.struct/cellMismatch``. An error of the type's own `init(from:)` is its cause.
    public subscript<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) -> Value {
        get throws(PullError) { try RowDecoder().decode(type, from: self, column: columnIndex(name)) }
    }

    /// Reads a column by index, for example a STRUCT, an ARRAY or a JSON value.
    ///
    /// Keys are the names of a STRUCT's members. See ``RowDecoder`` for other keys.
    ///
    /// - Parameters:
    ///   - index: the index of the column, from 0.
    ///   - type: the type to read. Defaults to the type that the context requires.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` or
    ///   ``PullError/Code-swift.struct/cellMismatch``. An error of the type's own `init(from:)` is its cause.
    public subscript<Value: Decodable>(_ index: Int, as type: Value.Type = Value.self) -> Value {
        get throws(PullError) {
            guard index >= 0, index < count else { throw noColumn(index) }
            return try RowDecoder().decode(type, from: self, column: index)
        }
    }

    /// Decodes the row, with the names of its columns as keys. See ``RowDecoder`` for other keys.
    ///
    /// - Parameter type: the type of the value. A `nil` property can be NULL or have no column.
    /// - Returns: the value.
    /// - Throws: ``PullError`` with code ``PullError/Code-swift.struct/noSuchColumn`` or
    ///   ``PullError/Code-swift.struct/cellMismatch``. An error of the type's own `init(from:)` is its cause.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(PullError) -> Value {
        try RowDecoder().decode(type, from: self)
    }
}

/// A page whose rows are read one by one.
@usableFromInline
package final class RowBatch: Sendable {
    @usableFromInline let page: RowPage
    @usableFromInline let columns: RowColumns

    /// Creates a batch.
    ///
    /// - Precondition: the page has as many columns as `columns`.
    package init(page: RowPage, columns: RowColumns) {
        precondition(page.columnCount == columns.names.count)
        self.page = page
        self.columns = columns
    }

    /// The number of rows.
    package var rowCount: Int { page.rowCount }

    @inlinable
    func cell(row: Int, column: Int) -> BigQueryCell {
        BigQueryCell(
            kind: columns.kinds[column], reference: page.cells[row * page.columnCount + column], bytes: page.bytes)
    }
}

// MARK: Errors

extension BigQueryRow {
    @usableFromInline
    func columnIndex(_ name: String) throws(PullError) -> Int {
        guard let index = batch.columns.index(of: name) else {
            throw PullError(
                code: .noSuchColumn, message: "row \(self.index + 1): no column \"\(name)\"",
                detail: NearestName.find(name, among: columnNames).map { .similarName($0) })
        }
        return index
    }

    @usableFromInline
    func noColumn(_ column: Int) -> PullError {
        PullError(
            code: .noSuchColumn, message: "row \(index + 1): no column at index \(column), the row has \(count)")
    }

    @usableFromInline
    func located(_ error: PullError, column: Int) -> PullError {
        located(error, at: [PathKey(stringValue: columnNames[column])])
    }

    /// An error of a value, with the row and the column that it is about.
    func located(_ error: PullError, at path: [any CodingKey]) -> PullError {
        var place = "row \(index + 1)"
        if !path.isEmpty { place += ", column \"\(path.columnPath)\"" }
        if let type = batch.columns.type(at: path) { place += " (\(type.name))" }
        var located = error
        located.message = "\(place): \(error.message)"
        return located
    }
}

/// A key of a coding path: the name of a column or a member, or the index of an element.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}

extension [any CodingKey] {
    /// The path as text, for example `address.zip[2]`.
    fileprivate var columnPath: String {
        reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }
}
