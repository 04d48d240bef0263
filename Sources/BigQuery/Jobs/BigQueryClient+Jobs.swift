import BigQueryRows
import Foundation
import GoogleHTTP

extension BigQueryClient {
    /// The whole configuration of the job that a query makes, as JSON with sorted keys.
    public func jobConfiguration(_ query: QueryRequest) throws -> String {
        String(decoding: try Self.encode(query.configuration(dryRun: false)), as: UTF8.self)
    }

    /// What a query would read and return, without running it; costs nothing.
    ///
    /// The answer names location, statement type and bytes, and mostly the schema.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func dryRun(_ query: QueryRequest) async throws -> Job {
        let reference = JobReference(
            projectID: configuration.project, jobID: JobReference.newID(), location: query.location
        )
        let job = try await insert(query.configuration(dryRun: true), as: reference, dryRun: true)
        if let failure = job.failure { throw failure }
        return job
    }

    /// Starts a query under an id of the caller's.
    ///
    /// Sending the same again is safe: the service makes one job of one id, and an answer that was lost is found
    /// again. A job of that id which runs another query is refused.
    /// - Returns: the job, which may have failed already.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func insertJob(_ query: QueryRequest, as reference: JobReference) async throws -> Job {
        try await insert(query.configuration(dryRun: false), as: reference) { job in try job.require(query) }
    }

    /// Starts an extract job, which writes a table to files, under an id of the caller's.
    ///
    /// Sending the same again is safe, as it is for a query.
    /// - Returns: the job, which may have failed already.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func insertJob(_ extract: ExtractRequest, as reference: JobReference) async throws -> Job {
        try await insert(extract.configuration, as: reference) { job in try job.require(extract) }
    }

    /// Inserts a job, or finds the one that has this id already.
    ///
    /// - Parameter check: refuses a job that was found and is another one.
    private func insert(
        _ configuration: some Encodable, as reference: JobReference, check: (Job) throws -> Void
    ) async throws -> Job {
        do {
            return try await insert(configuration, as: reference, dryRun: false)
        } catch let error as BigQueryError where error.code == .duplicateJob {
            var reference = reference
            reference.location = reference.location ?? Self.location(inDuplicate: error.message)
            let job = try await fetchJob(reference, mayBeNew: true)
            try check(job)
            return job
        }
    }

    private struct Insertion<Configuration: Encodable>: Encodable {
        var jobReference: JobReference
        var configuration: Configuration
    }

    private func insert(
        _ configuration: some Encodable, as reference: JobReference, dryRun: Bool
    ) async throws -> Job {
        let body = try Self.encode(Insertion(jobReference: reference, configuration: configuration))
        let request = HTTPRequest(
            .post, url(["jobs"], ["prettyPrint": "false"]),
            headers: [("Content-Type", "application/json")], body: body,
            firstByteTimeout: self.configuration.longPoll + self.configuration.firstByteAllowance
        )
        let resource = try await send(request, as: JobResource.self)
        guard dryRun || resource.jobReference?.jobID == reference.jobID else {
            throw RowsError(
                code: .inconsistentPage,
                message: "the answer to the insertion of the job \(reference.jobID) is about no such job",
                hint: "run the same command again")
        }
        return resource.job(requestedAs: reference)
    }

    /// A job's present state.
    ///
    /// - Parameter mayBeNew: whether the job may have been inserted just now, so that it is asked for again
    ///   for a while if the service does not know it yet.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchJob(_ reference: JobReference, mayBeNew: Bool = false) async throws -> Job {
        let request = HTTPRequest(
            .get,
            url(
                ["jobs", reference.jobID],
                [
                    "location": reference.location, "prettyPrint": "false",
                    "fields": "jobReference,status,statistics,configuration",
                ]
            )
        )
        let resource = try await send(
            request, budget: mayBeNew ? configuration.visibilityBudget : nil, as: JobResource.self
        ) { error in
            mayBeNew && error.code == .notFound ? .retry() : nil
        }
        return resource.job(requestedAs: reference)
    }

    /// The pauses between two questions whether a job is done: a little longer each time.
    private static let (shortestPause, longestPause) = (Duration.milliseconds(250), Duration.seconds(10))

    /// Waits until a job of any kind is done.
    ///
    /// - Parameters:
    ///   - mayBeNew: whether the job may have been inserted just now.
    ///   - onWait: called each time the job was found not to be done.
    /// - Returns: the job, which may have failed.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func waitForJob(
        _ reference: JobReference, mayBeNew: Bool = true, onWait: (Job) async -> Void = { _ in }
    ) async throws -> Job {
        var pause = Self.shortestPause
        while true {
            let job = try await fetchJob(reference, mayBeNew: mayBeNew)
            if job.state == .done { return job }
            await onWait(job)
            try await clock.sleep(for: pause)
            pause = min(pause * 1.5, Self.longestPause)
        }
    }

    /// Asks the service to stop a job. It answers at once; the job ends some time later and may still cost.
    ///
    /// - Parameter budget: the time for repetitions, instead of the configuration's; zero asks once.
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func cancelJob(_ reference: JobReference, budget: Duration? = nil) async throws {
        let request = HTTPRequest(
            .post,
            url(
                ["jobs", reference.jobID, "cancel"],
                ["location": reference.location, "prettyPrint": "false", "fields": "job/status"]
            )
        )
        try await send(request, budget: budget) { _, body in
            while try await body.read({ _ in }) {}
        }
    }

    private static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// The location in `Already Exists: Job PROJECT:LOCATION.ID`, which may be the only place that tells it.
    static func location(inDuplicate message: String) -> String? {
        guard let job = message.firstRange(of: "Already Exists: Job ") else { return nil }
        let name = message[job.upperBound...]
        guard let colon = name.lastIndex(of: ":"), let dot = name[colon...].firstIndex(of: ".") else { return nil }
        let location = name[name.index(after: colon)..<dot]
        return location.isEmpty ? nil : String(location)
    }
}
