import BigQuery
import BigQueryRows
import SQLiteStaging

/// A run of a query before it begins: what is sent, for which load, and the count that accompanies it.
struct RunPlan: Sendable {
    /// The query to run, restricted to the rows of the load.
    var main: PlannedQuery
    /// The load; `nil` for a plain pull.
    var load: LoadPlan?
    /// The rows that an incremental load reads.
    var range: IncrementalRange?
    /// The query that counts the rows without a value in the incremental column, if requested.
    var nullCount: PlannedQuery?

    init(_ main: PlannedQuery, _ load: LoadPlan? = nil, _ range: IncrementalRange? = nil) {
        self.main = main
        self.load = load
        self.range = range
    }

    /// The estimate of all queries together.
    var estimate: QueryEstimate { QueryEstimate(self) }

    /// The minimum that BigQuery bills per table of a query (https://cloud.google.com/bigquery/pricing).
    private static let minBilledBytes: Int64 = 10 << 20

    /// The bytes that BigQuery would bill at least for a number of processed bytes.
    static func billedBytes(_ processed: Int64) -> Int64 { max(processed, minBilledBytes) }

    /// Rejects a limit of billed bytes that one query fits, but not both, as BigQuery rejects a limit for one query.
    ///
    /// Returns the rest of the limit, for the count.
    @discardableResult
    func requireLimit(_ limit: Int64?) throws(BigQueryError) -> Int64? {
        guard let limit, let nullCount, let main = main.dryRun.bytesProcessed,
            let count = nullCount.dryRun.bytesProcessed
        else { return nil }
        let billed = Self.billedBytes(main)
        let sum = billed.addingSaturated(Self.billedBytes(count))
        guard sum > limit else { return limit - billed }
        var error = BigQueryError(
            code: .queryFailed,
            message: """
                the query and the count of its rows without a value exceed the limit for bytes billed: \(limit); \
                \(sum) or more are required
                """)
        error.reason = "bytesBilledLimitExceeded"
        throw error
    }
}

extension QuerySession {
    /// Dry-runs the query as a run of a load sends it, and checks that it can be pulled.
    ///
    /// Throws ``PullError`` also if the bounds or the load's latest run do not suit the type of the incremental column.
    func plan(_ query: QueryRequest, for load: LoadPlan?) async throws -> RunPlan {
        guard let load, let column = load.options.incrementalColumn else { return RunPlan(try await plan(query), load) }
        let (main, range) =
            load.options.usesWatermark
            ? try await planParameter(query, column, load) : try await planSubquery(query, column, load)
        var plan = RunPlan(main, load, range)
        if load.options.countsNulls, !range.includesNulls {
            plan.nullCount = try await dryRun(IncrementalQuery.nullCount(of: query, column: range.column))
        }
        return plan
    }

    /// Plans a query that becomes a subquery with a condition.
    private func planSubquery(
        _ query: QueryRequest, _ column: String, _ load: LoadPlan
    ) async throws -> (PlannedQuery, IncrementalRange) {
        // The bounds need the type, which only the query itself has before the first run.
        guard let recorded = load.recordedType else {
            let whole = try await plan(query)
            let field = try field(column, of: whole)
            let range = try load.range(of: field)
            try await IncrementalQuery.requireSubquery(query, field, client)
            let sent = IncrementalQuery.wrapping(query, range, isFirst: load.isFirst)
            return (sent == query ? whole : try await plan(sent), range)
        }
        let expected = TableSchema.Field(name: column, type: recorded)
        let sent = IncrementalQuery.wrapping(query, try load.range(of: expected), isFirst: load.isFirst)
        do {
            let main = try await plan(sent)
            let field = try main.dryRun.schema.map { try IncrementalQuery.check(column, in: $0) } ?? expected
            let range = try load.range(of: field)
            if sent == query { try await IncrementalQuery.requireSubquery(query, field, client) }
            return (main, range)
        } catch let error as BigQueryError where error.code == .queryFailed && sent != query {
            // The query itself can be wrong, or its column of another type than in the latest run.
            _ = try load.range(of: field(column, of: try await plan(query)))
            throw error
        }
    }

    /// Plans a query that places the watermark itself: a dry run that leaves the parameter undeclared reports its type.
    private func planParameter(
        _ query: QueryRequest, _ column: String, _ load: LoadPlan
    ) async throws -> (PlannedQuery, IncrementalRange) {
        let open = try await dryRun(query, findsParameters: true)
        let field = try field(column, of: open)
        let range = try load.range(of: field)
        // The service need not report it.
        let type = open.dryRun.type(ofUndeclared: IncrementalQuery.parameter) ?? field.type
        let value = try LoadPlan.parameterValue(for: range, type: type)
        var sent = query
        sent.parameters.append(
            ParameterValue(text: value.text, type: ParameterType(scalar: type.name)),
            named: IncrementalQuery.parameter)
        return (try await plan(sent), range)
    }

    private func field(_ column: String, of planned: PlannedQuery) throws(PullError) -> TableSchema.Field {
        guard let schema = planned.dryRun.schema else {
            throw PullError(
                code: .notIncremental,
                message: "the dry run reports no columns, so the type of the incremental column \(column) is unknown")
        }
        return try IncrementalQuery.check(column, in: schema)
    }
}

extension Job {
    /// The type of a parameter that the query uses and does not declare; `nil` if the service does not report it.
    fileprivate func type(ofUndeclared name: String) -> FieldType? {
        let found = undeclaredParameters.first { $0.name.lowercased() == name.lowercased() }
        guard let name = found?.type.description, !name.isEmpty else { return nil }
        return FieldType(name: name)
    }
}
