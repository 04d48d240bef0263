import Foundation

/// A request to insert a job, validated but not compiled.
struct JobRequest: Sendable {
    enum Settings: Sendable {
        case query(QueryConfiguration)
        case extract(ExtractConfiguration)
    }

    var id: String?
    var location: String
    var settings: Settings
    /// The configuration for the job resource, without the destination.
    var configuration: JSONObject
    var isDryRun: Bool
    var timeLimit: Duration?

    /// Parses the body of jobs.insert.
    init(insert body: JSONObject, project: String, location: String) throws(ServiceError) {
        guard let configuration = body["configuration"]?.object else {
            throw ServiceError(.missing, "Required parameter is missing: configuration")
        }
        let query = configuration["query"]?.object
        let extract = configuration["extract"]?.object
        guard (query == nil) != (extract == nil) else {
            throw ServiceError(
                .invalid,
                "Job configuration must contain exactly one job-specific configuration object (e.g., query, load, "
                    + "extract, spreadsheetExtract), but there were \(query == nil ? 0 : 2): .")
        }
        let reference = body["jobReference"]?.object
        if let other = reference?["projectId"]?.string, other != project {
            throw ServiceError(.invalid, "Value \(other) in content does not agree with value \(project) in URL path")
        }
        id = reference?["jobId"]?.string
        self.location = reference?["location"]?.string ?? location
        isDryRun = configuration["dryRun"]?.bool ?? false
        timeLimit = configuration["jobTimeoutMs"]?.integer.map { .milliseconds($0) }
        self.configuration = configuration
        if let query {
            settings = .query(try QueryConfiguration(json: query, project: project))
            self.configuration["jobType"] = "QUERY"
        } else {
            settings = .extract(try ExtractConfiguration(json: extract ?? [:], project: project))
            self.configuration["jobType"] = "EXTRACT"
        }
        try checkID()
    }

    /// Parses the body of jobs.query.
    init(query body: JSONObject, project: String, location: String) throws(ServiceError) {
        self.location = body["location"]?.string ?? location
        settings = .query(try QueryConfiguration(json: body, project: project))
        isDryRun = body["dryRun"]?.bool ?? false
        timeLimit = body["jobTimeoutMs"]?.integer.map { .milliseconds($0) }
        var query = body
        configuration = ["jobType": "QUERY"]
        for name in ["labels", "dryRun", "jobTimeoutMs"] {
            if let value = query[name] { configuration[name] = value }
        }
        for name in [
            "kind", "labels", "dryRun", "jobTimeoutMs", "location", "timeoutMs", "maxResults", "formatOptions",
            "requestId", "jobCreationMode",
        ] { query[name] = nil }
        configuration["query"] = .object(query)
    }

    private func checkID() throws(ServiceError) {
        guard let id else { return }
        let isValid = id.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isASCIILetterOrDigit || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        guard isValid, (1...1024).contains(id.utf8.count) else {
            throw ServiceError(
                .invalid,
                "Invalid job ID \"\(id.prefix(80))\". Job IDs must be alphanumeric (plus underscores and dashes) "
                    + "and must be at most 1024 characters long.")
        }
    }

    /// Returns a query's configuration for the job resource, with defaults filled in.
    func configuration(_ settings: QueryConfiguration, destination: EmulatedTable.Reference) -> JSONObject {
        var query = configuration["query"]?.object ?? [:]
        let defaults: JSONObject = [
            "destinationTable": destination.json, "createDisposition": "CREATE_IF_NEEDED",
            "writeDisposition": settings.destination == nil ? "WRITE_TRUNCATE" : "WRITE_EMPTY",
            "priority": "INTERACTIVE", "useLegacySql": .bool(settings.isLegacy),
        ]
        for member in defaults.members where query[member.name] == nil { query[member.name] = member.value }
        var configuration = configuration
        configuration["query"] = .object(query)
        return configuration
    }
}

extension Character {
    fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

/// The query configuration of a request: `configuration.query` of a job, or the body of jobs.query.
struct QueryConfiguration: Sendable {
    var query: String
    var isLegacy: Bool
    var parameters: QueryParameters
    /// Whether the parameters are `@name`, as opposed to `?`.
    var usesNamedParameters: Bool
    var defaultDataset: (project: String, dataset: String)?
    var destination: EmulatedTable.Reference?
    var writeDisposition: String
    var usesCache: Bool
    var maximumBytesBilled: Int64?

    init(json: JSONObject, project: String) throws(ServiceError) {
        guard let query = json["query"]?.string, !query.isEmpty else {
            throw ServiceError(.missing, "Required parameter is missing: query")
        }
        self.query = query
        isLegacy = json["useLegacySql"]?.bool ?? true
        parameters = try QueryParameters(json: json["queryParameters"]?.array ?? [])
        usesNamedParameters =
            !isLegacy && json["parameterMode"]?.string?.uppercased() != "POSITIONAL"
            && !parameters.contains(position: 1)
        if isLegacy, parameters.count > 0 {
            throw ServiceError(.invalid, "Query parameters cannot be used with legacy SQL.")
        }
        if let dataset = json["defaultDataset"]?.object, let name = dataset["datasetId"]?.string {
            defaultDataset = (dataset["projectId"]?.string ?? project, name)
        }
        destination = json["destinationTable"]?.object.flatMap { table in
            guard let dataset = table["datasetId"]?.string, let name = table["tableId"]?.string else { return nil }
            return EmulatedTable.Reference(
                project: table["projectId"]?.string ?? project, dataset: dataset, table: name)
        }
        writeDisposition = json["writeDisposition"]?.string ?? "WRITE_EMPTY"
        usesCache = json["useQueryCache"]?.bool ?? true
        maximumBytesBilled = json["maximumBytesBilled"]?.integer
    }

    /// The named parameters in a query that the request does not declare, in lower case.
    func undeclaredParameters(in tokens: [SQLToken]) -> Set<String> {
        guard usesNamedParameters else { return [] }
        let names = tokens.compactMap { token in
            // `@@name` is a system variable.
            if case .parameter(let name) = token.kind, !name.isEmpty, !name.hasPrefix("@") { name } else { nil }
        }
        return Set(names.filter { !parameters.contains(named: $0) }.map { $0.lowercased() })
    }
}

/// The extract configuration of a request: `configuration.extract` of a job.
struct ExtractConfiguration: Sendable {
    var table: EmulatedTable.Reference
    var target: ExportTarget

    init(json: JSONObject, project: String) throws(ServiceError) {
        guard let table = json["sourceTable"]?.object, let dataset = table["datasetId"]?.string,
            let name = table["tableId"]?.string
        else { throw ServiceError(.missing, "Required parameter is missing: sourceTable") }
        self.table = EmulatedTable.Reference(
            project: table["projectId"]?.string ?? project, dataset: dataset, table: name)
        let uris =
            json["destinationUris"]?.array?.compactMap(\.string) ?? [json["destinationUri"]?.string].compactMap(\.self)
        guard let uri = uris.first else {
            throw ServiceError(.missing, "Required parameter is missing: destinationUris")
        }
        guard uris.count == 1 else { throw ServiceError(.notImplemented, "The emulator extracts to a single URI only") }
        let formatName = json["destinationFormat"]?.string ?? ExportTarget.Format.csv.rawValue
        guard let format = ExportTarget.Format(rawValue: formatName) else {
            throw ServiceError(.invalid, "Invalid destination format: \(formatName)")
        }
        target = try ExportTarget(uri: uri, format: format, compression: json["compression"]?.string)
        if let delimiter = json["fieldDelimiter"]?.string { try target.setDelimiter(delimiter) }
        target.hasHeader = json["printHeader"]?.bool ?? true
    }
}
