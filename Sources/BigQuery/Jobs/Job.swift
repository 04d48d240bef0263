package import BigQueryRows
import TextSupport

/// The state of a job.
package struct Job: Sendable {
    /// The progress of a job.
    package enum State: String, Sendable, Decodable {
        case pending = "PENDING"
        case running = "RUNNING"
        case done = "DONE"
    }

    /// The name, with the location as soon as the service has reported it.
    package var reference: JobReference
    /// The progress.
    package var state: State
    /// The error of a failed job.
    package var failure: BigQueryError?
    /// The kind of statement, for example `SELECT`, if reported.
    package var statementType: String?
    /// The columns of the result. Only a dry run reports them, and not always.
    package var schema: TableSchema?
    /// The bytes that the query reads or has read.
    package var bytesProcessed: Int64?
    /// The billed bytes, once the job is done.
    package var bytesBilled: Int64?
    /// Whether the result came from the cache, once the job is done.
    package var cacheHit: Bool?
    /// The SQL text of the job, if reported.
    package var sql: String?
    /// Whether the text is in the legacy dialect, if reported.
    package var useLegacySQL: Bool?
    /// What the job has exported, once it is done; `nil` for jobs of other kinds.
    package var exported: ExportStatistics?
    /// The parameters that the query uses but the request does not declare, with the types that the service inferred.
    /// Only a dry run reports them.
    package var undeclaredParameters: [UndeclaredParameter] = []
    /// The table and the files of an extract job.
    var extract: JobResource.Configuration.Extract?
}

extension Job {
    /// Rejects a job that runs another query.
    ///
    /// - Throws: ``BigQueryError`` with code `foreignJob`.
    package func require(_ query: QueryRequest) throws(BigQueryError) {
        guard sql == nil || (sql == query.sql && useLegacySQL ?? false == query.useLegacySQL) else {
            throw foreign("runs another query")
        }
    }

    /// Rejects a job that extracts another table, or to other files.
    func require(_ request: ExtractRequest) throws(BigQueryError) {
        guard let extract else { return }
        guard extract.sourceTable == request.table, extract.destinationURIs == [request.destination.uri] else {
            throw foreign("exports something else")
        }
    }

    private func foreign(_ what: String) -> BigQueryError {
        BigQueryError(code: .foreignJob, message: "the job \(reference.jobID) exists already and \(what)")
    }
}

/// The wire form of a job.
struct JobResource: Decodable, Sendable {
    struct Status: Decodable, Sendable {
        var state: Job.State?
        var errorResult: ErrorProto?
    }

    struct Statistics: Decodable, Sendable {
        struct Query: Decodable, Sendable {
            var statementType: String?
            var schema: TableSchema?
            var totalBytesProcessed: WireInteger?
            var totalBytesBilled: WireInteger?
            var cacheHit: Bool?
            var exportDataStatistics: ExportDataStatistics?
            var undeclaredQueryParameters: UndeclaredParameters?
        }

        var totalBytesProcessed: WireInteger?
        var query: Query?
        var extract: ExtractStatistics?
    }

    struct Configuration: Decodable, Sendable {
        struct Query: Decodable, Sendable {
            var query: String?
            var useLegacySQL: Bool?

            private enum CodingKeys: String, CodingKey {
                case query
                case useLegacySQL = "useLegacySql"
            }
        }

        struct Extract: Decodable, Sendable {
            var sourceTable: TableReference?
            var destinationURIs: [String]?

            private enum CodingKeys: String, CodingKey {
                case sourceTable
                case destinationURIs = "destinationUris"
            }
        }

        var query: Query?
        var extract: Extract?
    }

    /// The reference in the response to a dry run has only a location, since it creates no job.
    struct Reference: Decodable, Sendable {
        var jobID: String?
        var location: String?

        private enum CodingKeys: String, CodingKey {
            case location
            case jobID = "jobId"
        }
    }

    var jobReference: Reference?
    var status: Status?
    var statistics: Statistics?
    var configuration: Configuration?

    /// The job, with the location that the service reports or else the requested one.
    func job(requestedAs reference: JobReference) -> Job {
        var reference = reference
        if let location = jobReference?.location { reference.location = location }
        let failure = status?.errorResult.map {
            // A job has no HTTP status. 400 is the status of getQueryResults for most failures.
            BigQueryError(
                reason: $0.reason, status: 400,
                message: printable($0.message ?? $0.reason ?? "The job failed", limit: 2_000)
            )
        }
        return Job(
            reference: reference, state: status?.state ?? .done, failure: failure,
            statementType: statistics?.query?.statementType, schema: statistics?.query?.schema,
            bytesProcessed: (statistics?.query?.totalBytesProcessed ?? statistics?.totalBytesProcessed)?.value,
            bytesBilled: statistics?.query?.totalBytesBilled?.value, cacheHit: statistics?.query?.cacheHit,
            sql: configuration?.query?.query, useLegacySQL: configuration?.query?.useLegacySQL,
            exported: statistics?.extract?.statistics ?? statistics?.query?.exportDataStatistics?.statistics,
            undeclaredParameters: statistics?.query?.undeclaredQueryParameters?.parameters ?? [],
            extract: configuration?.extract
        )
    }
}

/// A 64-bit integer on the wire: a string from the service, a number from some emulators.
struct WireInteger: Decodable, Sendable {
    var value: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let value = Int64(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an integer")
            }
            self.value = value
        } else {
            value = try container.decode(Int64.self)
        }
    }
}
