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
    /// - Parameter types: the types of two or more columns. A row can have more columns.
    /// - Returns: the tuples. Their iteration throws ``PullError`` for a row that does not match.
    public func decode<First: ColumnDecodable, Second: ColumnDecodable, each Other: ColumnDecodable>(
        _ types: (First, Second, repeat each Other).Type
    ) -> AsyncThrowingMapSequence<RowSequence, (First, Second, repeat each Other)>
    where First: SendableMetatype, Second: SendableMetatype, repeat each Other: SendableMetatype {
        map { row in try row.decode((First, Second, repeat each Other).self) }
    }
}

extension BigQueryRow {
    /// Reads the columns in order, as a tuple.
    ///
    /// - Parameter types: the types of two or more columns. The row can have more columns.
    /// - Returns: the values.
    /// - Throws: ``PullError`` with code `noSuchColumn` or `cellMismatch`.
    public func decode<First: ColumnDecodable, Second: ColumnDecodable, each Other: ColumnDecodable>(
        _ types: (First, Second, repeat each Other).Type
    ) throws(PullError) -> (First, Second, repeat each Other) {
        var index = 1
        func next<Value: ColumnDecodable>(_ type: Value.Type) throws(PullError) -> Value {
            index += 1
            return try self[index, as: type]
        }
        return (try self[0, as: First.self], try self[1, as: Second.self], repeat try next((each Other).self))
    }
}
