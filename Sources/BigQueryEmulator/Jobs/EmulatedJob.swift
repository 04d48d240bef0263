import Foundation
import Synchronization

/// A query job or an extract job.
final class EmulatedJob: Sendable {
    /// The job's full name.
    struct Reference: Sendable, Hashable, CustomStringConvertible {
        var project: String
        var location: String
        var id: String

        /// `project:location.id`, as in BigQuery's messages.
        var description: String { "\(project):\(location).\(id)" }

        var json: JSON {
            ["projectId": .string(project), "jobId": .string(id), "location": .string(location)]
        }
    }

    enum Work: Sendable {
        /// - Parameter destination: the table that tabledata.list reads the result from.
        case query(QueryConfiguration, PreparedQuery, destination: EmulatedTable.Reference)
        case extract(ExtractConfiguration, EmulatedTable)
    }

    struct Output: Sendable {
        var rows: any RowSource
        var isFromCache = false
        /// The files and rows that an export wrote.
        var exported: Exporter.Outcome?
    }

    enum Phase: Sendable {
        case pending
        case running(since: Date)
        case done(since: Date, until: Date, Result<Output, ServiceError>)

        var name: String {
            switch self {
            case .pending: "PENDING"
            case .running: "RUNNING"
            case .done: "DONE"
            }
        }
    }

    let reference: Reference
    /// The configuration as shown by jobs.get.
    let configuration: JSONObject
    let work: Work
    let timeLimit: Duration?
    let created = Date()
    /// Opens when the job is done.
    let completion = Latch()
    /// Opens when cancellation is requested.
    let stopRequest = Latch()
    private let state = Mutex(Phase.pending)

    init(
        reference: Reference, configuration: JSONObject, work: Work, timeLimit: Duration?
    ) {
        self.reference = reference
        self.configuration = configuration
        self.work = work
        self.timeLimit = timeLimit
    }

    var phase: Phase { state.withLock { $0 } }

    /// The query of a query job.
    var query: PreparedQuery? {
        if case .query(_, let query, _) = work { query } else { nil }
    }

    /// The anonymous table that holds the result until it expires; `nil` if the query names a destination.
    var anonymousTable: EmulatedTable.Reference? {
        if case .query(let settings, _, let destination) = work, settings.destination == nil {
            destination
        } else {
            nil
        }
    }

    func start() {
        state.withLock { $0 = .running(since: Date()) }
    }

    func finish(_ result: Result<Output, ServiceError>) {
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

    /// The output once the job is done; `nil` until then.
    ///
    /// - Throws: the error that the job failed with.
    func output() throws(ServiceError) -> Output? {
        guard case .done(_, _, let result) = phase else { return nil }
        return try result.get()
    }
}

extension EmulatedJob {
    /// The API's `Job` resource.
    func resource(endpoint: String, account: String) -> JSONObject {
        resource(in: phase, endpoint: endpoint, account: account)
    }

    /// The resource in one phase, since the job can end between two reads of ``phase``.
    private func resource(in phase: Phase, endpoint: String, account: String) -> JSONObject {
        let link = "\(endpoint)/bigquery/v2/projects/\(reference.project)/jobs/\(reference.id)"
        return [
            "kind": "bigquery#job", "etag": .string(etag(in: phase)), "id": .string(reference.description),
            "selfLink": .string("\(link)?location=\(reference.location)"),
            "user_email": .string(account), "configuration": .object(configuration),
            "jobReference": reference.json, "statistics": .object(statistics(in: phase)),
            "status": .object(status(in: phase)),
            "jobCreationReason": ["code": "REQUESTED"],
        ]
    }

    /// The job's entry in the response of jobs.list.
    func listItem(endpoint: String, account: String, isFull: Bool) -> JSONObject {
        let phase = phase
        let resource = resource(in: phase, endpoint: endpoint, account: account)
        let names =
            ["kind", "id", "jobReference", "configuration", "statistics"] + (isFull ? ["user_email", "status"] : [])
        var item = JSONObject(members: resource.members.filter { names.contains($0.name) })
        item["state"] = .string(phase.name)
        item["errorResult"] = status(in: phase)["errorResult"]
        return item
    }

    var etag: String { etag(in: phase) }

    private func etag(in phase: Phase) -> String { Data("\(reference)/\(phase.name)".utf8).base64EncodedString() }

    private func status(in phase: Phase) -> JSONObject {
        var status: JSONObject = ["state": .string(phase.name)]
        if case .done(_, _, .failure(let error)) = phase {
            status["errorResult"] = error.errorProto
            status["errors"] = [error.errorProto]
        }
        return status
    }

    private func statistics(in phase: Phase) -> JSONObject {
        var statistics: JSONObject = ["creationTime": created.json]
        switch phase {
        case .pending: break
        case .running(let start): statistics["startTime"] = start.json
        case .done(let start, let end, let result):
            statistics["startTime"] = start.json
            statistics["endTime"] = end.json
            statistics["finalExecutionDurationMs"] = .int64(Int64(1000 * end.timeIntervalSince(start)))
            if case .success(let output) = result { return finished(statistics, output) }
        }
        if let query { statistics["query"] = ["statementType": .string(query.statementType)] }
        return statistics
    }

    private func finished(_ statistics: JSONObject, _ output: Output) -> JSONObject {
        var statistics = statistics
        statistics["totalSlotMs"] = "1"
        switch work {
        case .query(_, let query, _):
            statistics["totalBytesProcessed"] = .int64(output.isFromCache ? 0 : query.bytesProcessed)
            statistics["query"] = .object(queryStatistics(query, output))
        case .extract(_, let table):
            statistics["extract"] = [
                "destinationUriFileCounts": .array([.int64(output.exported?.files ?? 0)]),
                "inputBytes": .int64(table.source.logicalBytes),
            ]
        }
        return statistics
    }

    private func queryStatistics(_ query: PreparedQuery, _ output: Output) -> JSONObject {
        var statistics: JSONObject = [
            "totalBytesProcessed": .int64(output.isFromCache ? 0 : query.bytesProcessed),
            "totalBytesBilled": .int64(output.isFromCache ? 0 : query.bytesBilled),
            "cacheHit": .bool(output.isFromCache), "statementType": .string(query.statementType),
        ]
        if let exported = output.exported {
            statistics["exportDataStatistics"] = [
                "fileCount": .int64(exported.files), "rowCount": .int64(exported.rows),
            ]
        }
        if !query.tables.isEmpty { statistics["referencedTables"] = .array(query.tables.map(\.reference.json)) }
        return statistics
    }
}

extension Date {
    /// Milliseconds since 1970, the API's unit of time.
    var milliseconds: Int64 { Int64(timeIntervalSince1970 * 1000) }

    var json: JSON { .int64(milliseconds) }
}

/// Delays a job or a response, since a service takes time.
///
/// Returns early when the task is cancelled: the result of the task is then discarded.
func delay(_ duration: Duration) async {
    try? await Task.sleep(for: duration)
}

/// A one-shot event that any number of tasks can wait for.
package final class Latch: Sendable {
    /// The waiting tasks; `nil` once the latch is open.
    private let waiters = Mutex<[AsyncStream<Never>.Continuation]?>([])

    package init() {}

    package func open() {
        let waiters = waiters.withLock { waiters in
            defer { waiters = nil }
            return waiters ?? []
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns when the latch opens or the task is cancelled.
    package func wait() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let isOpen = waiters.withLock { waiters in
            waiters?.append(continuation)
            return waiters == nil
        }
        if isOpen { continuation.finish() }
        for await _ in stream {}
    }

    /// Returns when the latch opens, the timeout expires or the task is cancelled.
    func wait(timeout limit: Duration) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { await delay(limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
