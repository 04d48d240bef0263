extension RowSequence {
    /// The rows, each decoded into a `Decodable` type with the names of its columns as keys.
    ///
    /// - Parameters:
    ///   - type: the type of a row.
    ///   - decoder: decodes the rows. Defaults to keys that are names.
    /// - Returns: the values. Their iteration throws ``PullError`` for a row that does not match.
    public func decode<Value: Decodable & SendableMetatype>(
        _ type: Value.Type, using decoder: RowDecoder = RowDecoder()
    ) -> DecodedRowSequence<Value> {
        DecodedRowSequence(rows: self) { row in try decoder.decode(Value.self, from: row) }
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
    ) -> DecodedRowSequence<(First, Second, repeat each Other)>
    where First: SendableMetatype, Second: SendableMetatype, repeat each Other: SendableMetatype {
        DecodedRowSequence(rows: self) { row in try row.decode((First, Second, repeat each Other).self) }
    }
}

/// The decoded rows of a query's result or of a table, in order: see ``RowSequence/decode(_:using:)``.
///
/// Unlike `map`, it decodes on the caller's actor, without two changes of the thread for each row.
public struct DecodedRowSequence<Element>: AsyncSequence, Sendable {
    fileprivate let rows: RowSequence
    fileprivate let decode: @Sendable (BigQueryRow) throws -> Element

    /// Creates an iterator, whose first element starts the pull.
    public func makeAsyncIterator() -> Iterator {
        Iterator(rows: rows.makeAsyncIterator(), decode: decode)
    }

    /// Iterates over the decoded rows.
    public struct Iterator: AsyncIteratorProtocol {
        /// The rows; `nil` after an error.
        fileprivate var rows: RowSequence.Iterator?
        fileprivate let decode: @Sendable (BigQueryRow) throws -> Element

        /// The next decoded row; `nil` after the last one.
        ///
        /// - Parameter actor: the actor of the caller.
        /// - Returns: the decoded row.
        /// - Throws: the errors of ``RowSequence``, or ``PullError`` for a row that does not match.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
            do {
                return try await rows?.next(isolation: actor).map(decode)
            } catch {
                rows = nil
                throw error
            }
        }
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
