public import BigQuery

extension BigQueryClient {
    /// The rows of a query's result.
    ///
    /// ```swift
    /// import BigQuery
    /// import BigQueryPull
    ///
    /// func printOrders(of day: String, with client: BigQueryClient) async throws {
    ///     let orders = client.rows(
    ///         "SELECT id FROM sales.orders WHERE day = @day", parameters: ["day": .date(day)])
    ///     for try await order in orders { print(try order["id", as: Int64.self]) }
    /// }
    /// ```
    ///
    /// For other options, such as limits of memory and cost, create a ``QueryPull`` and use its ``Pull/rows()``.
    ///
    /// - Parameters:
    ///   - sql: the text of the query.
    ///   - parameters: the values of its parameters. Defaults to none.
    /// - Returns: the rows. The query runs when their iteration begins.
    public func rows(_ sql: String, parameters: QueryParameters = [:]) -> RowSequence {
        rows(QueryRequest(sql, parameters: parameters))
    }

    /// The rows of a query's result.
    ///
    /// - Parameter query: the query and its options.
    /// - Returns: the rows. The query runs when their iteration begins.
    public func rows(_ query: QueryRequest) -> RowSequence {
        QueryPull(query, client: self).rows()
    }
}

extension QueryPull {
    /// Creates a pull of a query with default options.
    ///
    /// - Parameters:
    ///   - sql: the text of the query.
    ///   - parameters: the values of its parameters. Defaults to none.
    ///   - client: the client that runs it.
    public init(_ sql: String, parameters: QueryParameters = [:], client: BigQueryClient) {
        self.init(QueryRequest(sql, parameters: parameters), client: client)
    }
}
