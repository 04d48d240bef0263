import Foundation
import Synchronization

/// The full name of a job.
struct JobReference: Sendable, Hashable, CustomStringConvertible {
    var project: String
    var location: String
    var id: String

    /// `project:location.id`, as BigQuery's messages spell it.
    var description: String { "\(project):\(location).\(id)" }

    var json: JSONValue {
        ["projectId": .string(project), "jobId": .string(id), "location": .string(location)]
    }
}

/// What a job does.
enum JobWork: Sendable {
    /// - Parameter destination: Where the result can be read by tabledata.list.
    case query(QueryConfiguration, PreparedQuery, destination: TableReference)
    case extract(ExtractConfiguration, Table)
}

/// A query or an extraction that runs or has run on the emulator.
final class Job: Sendable {
    /// What a job that went well leaves behind.
    struct Result: Sendable {
        var rows: any RowSource
        var isFromCache = false
        /// What was written to files.
        var exported: Exporter.Outcome?
    }

    enum Phase: Sendable {
        case pending
        case running(since: Date)
        case done(since: Date, until: Date, Swift.Result<Result, ServiceError>)

        var name: String {
            switch self {
            case .pending: "PENDING"
            case .running: "RUNNING"
            case .done: "DONE"
            }
        }
    }

    let reference: JobReference
    /// The job's configuration as jobs.get shows it.
    let configuration: JSONObject
    let work: JobWork
    let timeLimit: Duration?
    let created = Date()
    /// Opens when the job is done.
    let completion = Latch()
    /// Opens when somebody asks for the job to be stopped.
    let stopRequest = Latch()
    private let state = Mutex(Phase.pending)

    init(
        reference: JobReference, configuration: JSONObject, work: JobWork, timeLimit: Duration?
    ) {
        self.reference = reference
        self.configuration = configuration
        self.work = work
        self.timeLimit = timeLimit
    }

    var phase: Phase { state.withLock { $0 } }

    /// The query; `nil` for jobs of other kinds.
    var query: PreparedQuery? {
        if case .query(_, let query, _) = work { query } else { nil }
    }

    /// The table that holds the result until it expires; `nil` if the query has a destination of its own.
    var anonymousTable: TableReference? {
        if case .query(let settings, _, let destination) = work, settings.destination == nil {
            destination
        } else {
            nil
        }
    }

    func start() {
        state.withLock { $0 = .running(since: Date()) }
    }

    func finish(_ result: Swift.Result<Result, ServiceError>) {
        state.withLock { phase in
            let now = Date()
            if case .running(let start) = phase {
                phase = .done(since: start, until: now, result)
            } else {
                phase = .done(since: now, until: now, result)
            }
        }
        completion.open()
    }

    /// The result of a job that is done; `nil` while it is not.
    ///
    /// - Throws: Why the job failed.
    func result() throws(ServiceError) -> Result? {
        guard case .done(_, _, let result) = phase else { return nil }
        return try result.get()
    }
}
