import Foundation
import Synchronization

/// Inserts, runs and finds jobs.
final class JobStore: Sendable {
    private struct State {
        var jobs: [EmulatedJob.Reference: EmulatedJob] = [:]
        /// The jobs, oldest first.
        var ordered: [EmulatedJob] = []
        var results: [CacheKey: CachedResult] = [:]
    }

    private struct CacheKey: Hashable {
        /// The SQL of the query and of its views. It contains table names that change when a table is reloaded.
        var sql: [String]
        var configuration: String
    }

    private struct CachedResult {
        var rows: any RowSource
        var expiry: ContinuousClock.Instant?
    }

    /// The locations that are searched when a request names none.
    private static let multiRegions: Set = ["US", "EU"]

    private let catalog: Catalog
    let engine: QueryEngine
    private let exporter: Exporter
    private let jobTime: Duration
    private let resultLifetime: Duration?
    /// Called after a job was inserted, started or finished.
    private let onChange: @Sendable () -> Void
    private let state = Mutex(State())
    private let queue: AsyncStream<EmulatedJob>
    private let queueEnd: AsyncStream<EmulatedJob>.Continuation

    init(
        catalog: Catalog, buckets: [String: String], jobTime: Duration, resultLifetime: Duration?,
        onChange: @escaping @Sendable () -> Void
    ) {
        self.onChange = onChange
        self.catalog = catalog
        exporter = Exporter(buckets: buckets)
        self.jobTime = jobTime
        self.resultLifetime = resultLifetime
        engine = QueryEngine(catalog: catalog)
        (queue, queueEnd) = AsyncStream.makeStream()
    }

    /// The number of jobs inserted, without dry runs.
    var count: Int { state.withLock { $0.jobs.count } }

    /// All jobs, oldest first.
    var all: [EmulatedJob] { state.withLock { $0.ordered } }

    /// Finds a job. Without a location, only jobs in `US` and `EU` are found.
    func job(_ id: String, project: String, location: String?) throws(ServiceError) -> EmulatedJob {
        let jobs = state.withLock { $0.jobs }
        if let location {
            let found = jobs.values.first { job in
                job.reference.id == id && job.reference.project == project
                    && job.reference.location.uppercased() == location.uppercased()
            }
            if let found { return found }
            throw .notFound("Job \(EmulatedJob.Reference(project: project, location: location, id: id))")
        }
        for location in Self.multiRegions {
            if let job = jobs[EmulatedJob.Reference(project: project, location: location, id: id)] { return job }
        }
        throw .notFound("Job \(project):\(id)")
    }

    /// Compiles a query and returns it with its schema. Does not insert a job.
    func dryRun(
        _ settings: QueryConfiguration, location: String
    ) async throws -> (query: PreparedQuery, schema: [SchemaField]) {
        let query = try await engine.prepare(settings, location: location, isDryRun: true)
        return (query, query.target == nil ? try await engine.schema(of: query) : [])
    }

    /// Inserts a job and starts it.
    ///
    /// - Throws: a ``ServiceError`` if the query does not compile or the job ID exists.
    func insert(_ request: JobRequest) async throws -> EmulatedJob {
        let id = request.id ?? "job_\(UUID().uuidString.replacing("-", with: "").lowercased())"
        let reference = EmulatedJob.Reference(project: catalog.project, location: request.location, id: id)
        try checkUnique(reference, in: state.withLock { $0 })
        let job = try await job(request, reference)
        try state.withLock { state throws in
            // Checked again: another request can have used the ID during compilation.
            try checkUnique(reference, in: state)
            state.jobs[reference] = job
            state.ordered.append(job)
        }
        queueEnd.yield(job)
        onChange()
        return job
    }

    private func job(_ request: JobRequest, _ reference: EmulatedJob.Reference) async throws -> EmulatedJob {
        var configuration = request.configuration
        let work: EmulatedJob.Work
        switch request.settings {
        case .query(let settings):
            let query = try await engine.prepare(settings, location: request.location)
            let destination = settings.destination ?? Self.anonymousTable(for: reference)
            configuration = request.configuration(settings, destination: destination)
            work = .query(settings, query, destination: destination)
        case .extract(let settings):
            let table = try catalog.table(settings.table, location: request.location)
            if table.source is EmulatedView {
                let message = "\(table.reference) is not allowed for this operation because it is currently a VIEW."
                throw ServiceError(.invalid, message)
            }
            work = .extract(settings, table)
        }
        return EmulatedJob(
            reference: reference, configuration: configuration, work: work, timeLimit: request.timeLimit)
    }

    private func checkUnique(_ reference: EmulatedJob.Reference, in state: borrowing State) throws(ServiceError) {
        guard state.jobs[reference] == nil else { throw ServiceError(.duplicate, "Already Exists: Job \(reference)") }
    }

    /// Expires all results without a destination table.
    func expireResults() {
        let jobs = state.withLock { state in
            state.results = [:]
            return state.ordered
        }
        catalog.remove(jobs.compactMap(\.anonymousTable))
    }

    private static func anonymousTable(for job: EmulatedJob.Reference) -> EmulatedTable.Reference {
        let name = job.description.utf8.reduce(into: UInt64(0xCBF2_9CE4_8422_2325)) { hash, byte in
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return EmulatedTable.Reference(
            project: job.project, dataset: "_f0e5d7a1b2c3946875aa", table: "anon\(String(name, radix: 16))")
    }
}

extension JobStore {
    /// Runs the inserted jobs concurrently, until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in queue {
                group.addTask { await self.run(job) }
            }
        }
    }

    /// Runs a job to completion, in no less than the minimum job duration.
    private func run(_ job: EmulatedJob) async {
        let result = await withTaskGroup { group in
            group.addTask {
                await delay(self.jobTime / 4)
                job.start()
                self.onChange()
                async let result = self.execute(job)
                await delay(self.jobTime * 3 / 4)
                return await result
            }
            group.addTask {
                await job.stopRequest.wait()
                return Self.stopped("User requested cancellation")
            }
            if let limit = job.timeLimit {
                group.addTask {
                    await delay(limit)
                    return Self.stopped("Job timed out after \(limit)")
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? Self.stopped("Backend shut down")
        }
        if case .success(let result) = result, result.exported == nil,
            case .query(let settings, _, let destination) = job.work
        {
            catalog.register(
                EmulatedTable(
                    reference: destination, source: result.rows,
                    sqliteName: (result.rows as? StoredRows)?.sqliteName ?? catalog.newSQLiteName(),
                    lifetime: settings.destination == nil ? resultLifetime : nil))
        }
        job.finish(result)
        onChange()
    }

    private static func stopped(_ why: String) -> Result<EmulatedJob.Output, ServiceError> {
        .failure(ServiceError(.stopped, "Job execution was cancelled: \(why)"))
    }

    private func execute(_ job: EmulatedJob) async -> Result<EmulatedJob.Output, ServiceError> {
        do {
            switch job.work {
            case .query(let settings, let query, _):
                let parameters = job.configuration["query"]?.object?["queryParameters"]?.text ?? ""
                return .success(try await result(of: query, settings, parameters: parameters))
            case .extract(let settings, let table):
                return .success(
                    EmulatedJob.Output(
                        rows: EmptyRows(), exported: try await exporter.write(table.source, to: settings.target)))
            }
        } catch let error as ServiceError {
            return .failure(error)
        } catch {
            return .failure(ServiceError(.internalError, "The emulator failed: \(error)"))
        }
    }

    private func result(
        of query: PreparedQuery, _ settings: QueryConfiguration, parameters: String
    ) async throws -> EmulatedJob.Output {
        if let limit = settings.maximumBytesBilled, query.bytesBilled > limit {
            let needed = "\(query.bytesBilled) or higher required."
            throw ServiceError(
                .bytesBilledLimitExceeded, "Query exceeded limit for bytes billed: \(limit). \(needed)")
        }
        if let target = query.target {
            let rows = try await engine.run(query)
            return EmulatedJob.Output(rows: EmptyRows(), exported: try await exporter.write(rows, to: target))
        }
        try checkDestination(settings)
        let (rows, isFromCache) = try await rows(of: query, settings, parameters: parameters)
        return EmulatedJob.Output(rows: rows, isFromCache: isFromCache)
    }

    private func checkDestination(_ settings: QueryConfiguration) throws(ServiceError) {
        guard let destination = settings.destination else { return }
        guard catalog.hasDataset(destination.dataset) else {
            throw .notFound("Dataset \(destination.project):\(destination.dataset)")
        }
        switch settings.writeDisposition {
        case "WRITE_TRUNCATE": return
        case "WRITE_EMPTY" where !catalog.contains(destination): return
        case "WRITE_EMPTY": throw ServiceError(.duplicate, "Already Exists: Table \(destination)")
        default: throw ServiceError(.invalid, "The emulator does not append to tables")
        }
    }

    private func rows(
        of query: PreparedQuery, _ settings: QueryConfiguration, parameters: String
    ) async throws -> (any RowSource, isFromCache: Bool) {
        let key = CacheKey(sql: query.translations.map(\.sql), configuration: parameters)
        let isCached = settings.usesCache && settings.destination == nil && query.isRepeatable
        if isCached, let result = state.withLock({ $0.results[key] }), result.expiry.map({ .now < $0 }) ?? true {
            return (result.rows, true)
        }
        let rows = try await engine.run(query)
        if isCached {
            let result = CachedResult(rows: rows, expiry: resultLifetime.map { .now + $0 })
            state.withLock { $0.results[key] = result }
        }
        return (rows, false)
    }
}

extension PreparedQuery {
    /// Whether the query is deterministic, judged by the functions that it names.
    fileprivate var isRepeatable: Bool {
        let functions: Set = [
            "RANDOM", "RANDOMBLOB", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "DATE", "TIME", "DATETIME",
            "JULIANDAY", "STRFTIME", "UNIXEPOCH",
        ]
        return !tables.isEmpty && translations.flatMap(\.names).allSatisfy { !functions.contains($0.uppercased()) }
    }
}
