import ArgumentParser
import BigQuery

/// How BigQuery runs a query: the options of every command that gives it one.
struct JobOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to run. Default: BQPULL_LOCATION, else that of the profile, else where the tables are.",
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

    @Flag(name: .customLong("use-legacy-sql"), help: "The query is in the legacy dialect.")
    var useLegacySQL = false

    @Option(name: .customLong("label"), help: ArgumentHelp("A label of the job.", valueName: "key=value"))
    var labels: [Label] = []

    @Option(help: ArgumentHelp("When to run.", valueName: "priority"))
    var priority: QueryRequest.Priority = .interactive

    @Flag(help: "Do not take the result from BigQuery's cache.")
    var noCache = false

    @OptionGroup var cost: CostOptions

    /// Whether any of them differs from its default.
    var isGiven: Bool { isGivenForQuery || location != nil || !labels.isEmpty }

    /// Whether any of those that only a query has differs from its default.
    var isGivenForQuery: Bool {
        !parameters.isEmpty || useLegacySQL || priority != .interactive || noCache || cost.isGiven
    }

    /// The query of this text.
    func query(_ sql: String, _ settings: Settings) throws -> QueryRequest {
        var query = QueryRequest(sql)
        query.parameters = try parameters.map { try QueryParameter(parsing: $0) }
        guard Set(query.parameters.map { $0.name == nil }).count < 2 else {
            throw CommandError(
                message: "some parameters are named and others are positional", exitStatus: .usage,
                hint: "use one kind in a query"
            )
        }
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
