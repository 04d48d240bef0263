import ArgumentParser
import BigQuery

/// How BigQuery runs a query: the options of every command that gives it one.
struct JobOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where to run. Default: where the tables are.", valueName: "location"))
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

    @Option(help: ArgumentHelp("When to run: interactive or batch.", valueName: "priority"))
    var priority: QueryRequest.Priority = .interactive

    @Flag(help: "Do not take the result from BigQuery's cache.")
    var noCache = false

    @Option(help: ArgumentHelp("Refuse to run if more bytes than this would be billed.", valueName: "bytes"))
    var maxBytesBilled: Int64?

    func validate() throws {
        guard maxBytesBilled ?? 1 > 0 else { throw ValidationError("--max-bytes-billed must be at least 1") }
    }

    /// Whether any of them differs from its default.
    var isGiven: Bool {
        location != nil || !parameters.isEmpty || useLegacySQL || !labels.isEmpty || priority != .interactive || noCache
            || maxBytesBilled != nil
    }

    /// The query of this text.
    func query(_ sql: String) throws -> QueryRequest {
        var query = QueryRequest(sql)
        query.parameters = try parameters.map { try QueryParameter(parsing: $0) }
        guard Set(query.parameters.map { $0.name == nil }).count < 2 else {
            throw CommandError(
                message: "some parameters are named and others are positional", exitStatus: .usage,
                hint: "use one kind in a query"
            )
        }
        query.useLegacySQL = useLegacySQL
        query.location = location
        query.labels = Dictionary(labels.map { ($0.key, $0.value) }) { _, last in last }
        query.priority = priority
        query.useQueryCache = !noCache
        query.maximumBytesBilled = maxBytesBilled
        return query
    }
}
