import Foundation

/// A query and its options.
///
/// ```swift
/// import BigQuery
///
/// var query = QueryRequest(
///     "SELECT id FROM sales.orders WHERE day = @day AND region IN UNNEST(@regions)",
///     parameters: ["day": .date("2024-01-31"), "regions": .array(["EU", "US"])])
/// query.maximumBytesBilled = 1_000_000_000
/// ```
public struct QueryRequest: Sendable, Hashable {
    /// Whether a job starts immediately or when slots are available.
    public enum Priority: String, Sendable, Codable, CaseIterable {
        /// Starts immediately.
        case interactive = "INTERACTIVE"
        /// Waits for idle slots.
        case batch = "BATCH"
    }

    /// The SQL text.
    public var sql: String
    /// The parameters.
    public var parameters: QueryParameters
    /// Whether the text is in the legacy dialect. Defaults to `false`; the API's own default is `true`.
    public var useLegacySQL = false
    /// The location of the job; `nil` lets BigQuery derive it from the tables.
    public var location: String?
    /// The labels of the job, which appear on the bill. Defaults to none.
    public var labels: [String: String] = [:]
    /// The priority. Defaults to `interactive`.
    public var priority: Priority = .interactive
    /// Whether a cached result can be used, at no cost. Defaults to `true`.
    public var useQueryCache = true
    /// The maximum number of billed bytes; `nil`, the default, for no limit. A query that would exceed it fails at no
    /// cost.
    public var maximumBytesBilled: Int64?

    /// Creates a query with the defaults.
    ///
    /// - Parameters:
    ///   - sql: the SQL text, in GoogleSQL.
    ///   - parameters: the values of `@name` or `?` in the text. Defaults to none.
    public init(_ sql: String, parameters: QueryParameters = []) {
        self.sql = sql
        self.parameters = parameters
    }
}

extension QueryRequest {
    /// The wire form of the `configuration` of a job.
    struct Configuration: Codable {
        struct Query: Codable {
            var query: String
            var useLegacySQL: Bool
            var useQueryCache: Bool
            var priority: Priority
            var maximumBytesBilled: String?
            var parameterMode: String?
            var queryParameters: [QueryParameter]?

            private enum CodingKeys: String, CodingKey {
                case query, useQueryCache, priority, maximumBytesBilled, parameterMode, queryParameters
                case useLegacySQL = "useLegacySql"
            }
        }

        var query: Query
        var labels: [String: String]?
        var dryRun: Bool?
    }

    /// Creates the query of a job configuration.
    ///
    /// - Parameters:
    ///   - jobConfiguration: the JSON of ``BigQueryClient/jobConfiguration(_:)``.
    ///   - location: the location of the job.
    /// - Throws: `DecodingError` for any other text.
    package init(jobConfiguration: String, location: String?) throws {
        let configuration = try JSONDecoder().decode(Configuration.self, from: Data(jobConfiguration.utf8))
        self.init(
            configuration.query.query, parameters: QueryParameters(configuration.query.queryParameters ?? []))
        useLegacySQL = configuration.query.useLegacySQL
        self.location = location
        labels = configuration.labels ?? [:]
        priority = configuration.query.priority
        useQueryCache = configuration.query.useQueryCache
        maximumBytesBilled = configuration.query.maximumBytesBilled.flatMap(Int64.init)
    }

    /// - Parameters:
    ///   - dryRun: whether the query is only estimated.
    ///   - usesNames: whether the text can refer to named parameters that are not declared. Defaults to `false`.
    /// - Returns: the wire form.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if the parameters are not valid.
    func configuration(dryRun: Bool, usesNames: Bool = false) throws(BigQueryError) -> Configuration {
        let parameters = try parameters.validated()
        let mode = parameters.first.map { $0.name == nil ? "POSITIONAL" : "NAMED" }
        return Configuration(
            query: .init(
                query: sql, useLegacySQL: useLegacySQL, useQueryCache: useQueryCache, priority: priority,
                maximumBytesBilled: maximumBytesBilled.map(String.init),
                parameterMode: mode ?? (usesNames ? "NAMED" : nil),
                queryParameters: parameters.isEmpty ? nil : parameters
            ),
            labels: labels.isEmpty ? nil : labels,
            dryRun: dryRun ? true : nil
        )
    }
}
