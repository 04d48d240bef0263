import Foundation

/// A query and how to run it.
public struct QueryRequest: Sendable, Hashable {
    /// Whether a job starts at once or when there is room.
    public enum Priority: String, Sendable, Codable, CaseIterable {
        case interactive = "INTERACTIVE"
        case batch = "BATCH"
    }

    /// The SQL text.
    public var sql: String
    /// Its parameters: all named or all positional.
    public var parameters: [QueryParameter] = []
    /// Whether the text is in the legacy dialect. Defaults to `false`, unlike the API's own default.
    public var useLegacySQL = false
    /// Where to run; `nil` lets BigQuery find out from the tables.
    public var location: String?
    /// Labels of the job, which appear in the bill.
    public var labels: [String: String] = [:]
    /// When to run. Defaults to `interactive`.
    public var priority: Priority = .interactive
    /// Whether a result that BigQuery still has may be used, which costs nothing. Defaults to `true`.
    public var useQueryCache = true
    /// The number of bytes above which the query fails before it is billed.
    public var maximumBytesBilled: Int64?

    /// Makes a query with the defaults.
    public init(_ sql: String) {
        self.sql = sql
    }
}

extension QueryRequest {
    /// The `configuration` of a job as it is sent, by which a job can be recognised again.
    struct Configuration: Codable {
        struct Query: Codable {
            var query: String
            var useLegacySql: Bool
            var useQueryCache: Bool
            var priority: Priority
            var maximumBytesBilled: String?
            var parameterMode: String?
            var queryParameters: [QueryParameter]?
        }

        var query: Query
        var labels: [String: String]?
        var dryRun: Bool?
    }

    /// Makes the query whose job has this configuration.
    ///
    /// - Parameters:
    ///   - jobConfiguration: as ``BigQueryClient/jobConfiguration(_:)`` tells it.
    ///   - location: where the job runs.
    /// - Throws: `DecodingError` for another text.
    public init(jobConfiguration: String, location: String?) throws {
        let configuration = try JSONDecoder().decode(Configuration.self, from: Data(jobConfiguration.utf8))
        self.init(configuration.query.query)
        parameters = configuration.query.queryParameters ?? []
        useLegacySQL = configuration.query.useLegacySql
        self.location = location
        labels = configuration.labels ?? [:]
        priority = configuration.query.priority
        useQueryCache = configuration.query.useQueryCache
        maximumBytesBilled = configuration.query.maximumBytesBilled.flatMap(Int64.init)
    }

    func configuration(dryRun: Bool) -> Configuration {
        Configuration(
            query: .init(
                query: sql, useLegacySql: useLegacySQL, useQueryCache: useQueryCache, priority: priority,
                maximumBytesBilled: maximumBytesBilled.map(String.init),
                parameterMode: parameters.first.map { $0.name == nil ? "POSITIONAL" : "NAMED" },
                queryParameters: parameters.isEmpty ? nil : parameters
            ),
            labels: labels.isEmpty ? nil : labels,
            dryRun: dryRun ? true : nil
        )
    }
}
