import ArgumentParser
import BigQuery

/// How BigQuery runs a query: the options of every command that runs one.
struct JobOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The location to run in. Default: BQPULL_LOCATION, else the location of the profile, else that of the tables.",
            valueName: "location"))
    var location: String?

    @Option(
        name: .customLong("param"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A query parameter; an empty name makes it positional. Values of ARRAY and STRUCT are JSON.",
            valueName: "name:type:value"
        )
    )
    var parameters: [String] = []

    @Flag(name: .customLong("use-legacy-sql"), help: "Run the query as legacy SQL.")
    var useLegacySQL = false

    @Option(name: .customLong("label"), help: ArgumentHelp("A label of the job.", valueName: "key=value"))
    var labels: [Label] = []

    @Option(help: ArgumentHelp("Whether to run at once or to queue the query.", valueName: "priority"))
    var priority: QueryRequest.Priority = .interactive

    @Flag(help: "Do not use BigQuery's cached results.")
    var noCache = false

    @OptionGroup var cost: CostOptions

    /// Whether any option differs from its default.
    var isGiven: Bool { isGivenForQuery || location != nil || !labels.isEmpty }

    /// Whether any option that applies only to queries differs from its default.
    var isGivenForQuery: Bool {
        !parameters.isEmpty || useLegacySQL || priority != .interactive || noCache || cost.isGiven
    }

    /// A query request with this SQL text.
    func query(_ sql: String, _ settings: Settings) throws -> QueryRequest {
        let parameters = try parameters.map { try QueryParameter(parsing: $0) }
        guard Set(parameters.map { $0.name == nil }).count < 2 else {
            throw CommandError(
                .usage, "some parameters are named and others are positional", hint: "use only one kind in a query")
        }
        var query = QueryRequest(sql, parameters: QueryParameters(parameters))
        query.useLegacySQL = useLegacySQL
        query.location = try settings.value(.location, option: location)
        query.labels = Dictionary(labels.map { ($0.key, $0.value) }) { _, last in last }
        query.priority = priority
        query.useQueryCache = !noCache
        query.maximumBytesBilled = try settings.value(.maxBytesBilled, option: cost.maxBytesBilled).map {
            Int64($0.bytes)
        }
        return query
    }
}
