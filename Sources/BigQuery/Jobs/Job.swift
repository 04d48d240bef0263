public import BigQueryRows
import TextSupport

/// A job as the service describes it.
public struct Job: Sendable {
    /// How far a job is.
    public enum State: String, Sendable, Decodable {
        case pending = "PENDING"
        case running = "RUNNING"
        case done = "DONE"
    }

    /// Its name; the location is known once the service has said it.
    public var reference: JobReference
    /// How far it is.
    public var state: State
    /// Why it failed, if it did.
    public var failure: BigQueryError?
    /// The kind of statement, for example `SELECT`, if the service tells.
    public var statementType: String?
    /// The columns of the result; only a dry run tells them, and not always.
    public var schema: TableSchema?
    /// Bytes that the query reads or has read.
    public var bytesProcessed: Int64?
    /// Bytes that are billed, known when it is done.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache, known when it is done.
    public var cacheHit: Bool?
    /// The SQL text that the job runs, if the service tells.
    public var sql: String?
    /// Whether the text is in the legacy dialect, if the service tells.
    public var useLegacySQL: Bool?
    /// What the job has exported, known when it is done; `nil` for jobs of other kinds.
    public var exported: ExportStatistics?
    /// The table that an extract job reads, and the files that it writes.
    var extract: JobResource.Configuration.Extract?
}

extension Job {
    /// Refuses a job that runs another query than this.
    ///
    /// - Throws: ``BigQueryError`` with code `foreignJob`.
    public func require(_ query: QueryRequest) throws(BigQueryError) {
        guard sql == nil || (sql == query.sql && useLegacySQL ?? false == query.useLegacySQL) else {
            throw foreign("runs another query")
        }
    }

    /// Refuses a job that extracts another table than this, or to other files.
    func require(_ request: ExtractRequest) throws(BigQueryError) {
        guard let extract else { return }
        guard extract.sourceTable == request.table, extract.destinationUris == [request.destination.uri] else {
            throw foreign("exports something else")
        }
    }

    private func foreign(_ what: String) -> BigQueryError {
        BigQueryError(
            code: .foreignJob, message: "the job \(reference.jobID) exists already and \(what)",
            hint: "run the command again; it will use a new job id"
        )
    }
}

/// A job as it stands in an answer.
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
        }

        var totalBytesProcessed: WireInteger?
        var query: Query?
        var extract: ExtractStatistics?
    }

    struct Configuration: Decodable, Sendable {
        struct Query: Decodable, Sendable {
            var query: String?
            var useLegacySql: Bool?
        }

        struct Extract: Decodable, Sendable {
            var sourceTable: TableReference?
            var destinationUris: [String]?
        }

        var query: Query?
        var extract: Extract?
    }

    /// A dry run makes no job, so its answer names only a location.
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

    /// The job, named as the service names it, or as it was asked for where it does not.
    func job(requestedAs reference: JobReference) -> Job {
        var reference = reference
        if let location = jobReference?.location { reference.location = location }
        let failure = status?.errorResult.map {
            // A job carries no HTTP status; 400 is what getQueryResults answers for most failures.
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
            sql: configuration?.query?.query, useLegacySQL: configuration?.query?.useLegacySql,
            exported: statistics?.extract?.statistics ?? statistics?.query?.exportDataStatistics?.statistics,
            extract: configuration?.extract
        )
    }
}

/// A 64-bit integer in an answer: the service sends a string, some emulators a number.
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
