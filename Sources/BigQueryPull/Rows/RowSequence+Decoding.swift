extension RowSequence {
    /// The rows, each decoded into a `Decodable` type with the names of its columns as keys.
    ///
    /// - Parameters:
    ///   - type: the type of a row.
    ///   - decoder: decodes the rows. Defaults to keys that are names.
    /// - Returns: the values. Their iteration throws ``PullError`` for a row that does not match.
    public func decode<Value: Decodable & SendableMetatype>(
        _ type: Value.Type, using decoder: RowDecoder = RowDecoder()
    ) -> AsyncThrowingMapSequence<RowSequence, Value> {
        map { row in try decoder.decode(Value.self, from: row) }
    }

    /// The rows as tuples, whose elements are the columns in order.
    ///
    /// ```swift
    /// import BigQueryPull
    ///
    /// func printCustomers(_ customers: RowSequence) async throws {
    ///     for try await (id, name) in customers.decode((Int64, String?).self) { print(id, name ?? "") }
    /// }
    /// ```
    ///
    /// - Parameter types: the types of the columns, of which a row can have more.
    /// - Returns: the tuples. Their iteration throws ``PullError`` for a row that does not match.
    public func decode<each Column: ColumnDecodable & SendableMetatype>(
        _ types: (repeat each Column).Type
    ) -> AsyncThrowingMapSequence<RowSequence, (repeat each Column)> {
        map { row in try row.decode((repeat each Column).self) }
    }
}

extension BigQueryRow {
    /// Reads the columns in order, as a tuple.
    ///
    /// - Parameter types: the types of the columns, of which the row can have more.
    /// - Returns: the values.
    /// - Throws: ``PullError`` with code `noSuchColumn` or `cellMismatch`.
    public func decode<each Column: ColumnDecodable>(
        _ types: (repeat each Column).Type
    ) throws(PullError) -> (repeat each Column) {
        var index = 0
        func next<Value: ColumnDecodable>(_ type: Value.Type) throws(PullError) -> Value {
            defer { index += 1 }
            return try self[index, as: type]
        }
        return (repeat try next((each Column).self))
    }
}
