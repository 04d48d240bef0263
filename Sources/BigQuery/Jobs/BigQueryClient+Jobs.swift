import BigQueryRows
import Foundation
import GoogleHTTP
import TextSupport

extension BigQueryClient {
    /// The whole configuration of a query's job, as JSON with sorted keys.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if the parameters are not valid.
    package func jobConfiguration(_ query: QueryRequest) throws -> String {
        String(decoding: try Self.encode(try query.configuration(dryRun: false)), as: UTF8.self)
    }

    /// Estimates a query without running it, at no cost.
    ///
    /// The job has a location, a statement type and the bytes to read, and mostly a schema.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - findsParameters: whether the text can refer to named parameters that are not declared, whose types the job
    ///     then has. Defaults to `false`.
    /// - Returns: the job, which is not created.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func dryRun(_ query: QueryRequest, findsParameters: Bool = false) async throws -> Job {
        let reference = JobReference(
            projectID: configuration.project, jobID: JobReference.newID(), location: query.location
        )
        let configuration = try query.configuration(dryRun: true, usesNames: findsParameters)
        let job = try await insert(configuration, as: reference, dryRun: true)
        if let failure = job.failure { throw failure }
        return job
    }

    /// Starts a query with a job ID of the caller.
    ///
    /// Can be repeated safely: the service creates one job per ID, and an existing job is returned. An existing job
    /// that runs another query is an error.
    ///
    /// - Parameters:
    ///   - query: the query.
    ///   - reference: the new job.
    /// - Returns: the job, which can already be done or failed.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func insertJob(_ query: QueryRequest, as reference: JobReference) async throws -> Job {
        try await insert(try query.configuration(dryRun: false), as: reference) { job in try job.require(query) }
    }

    /// Starts an extract job, which writes a table to files, with a job ID of the caller.
    ///
    /// Can be repeated safely, like a query.
    ///
    /// - Parameters:
    ///   - extract: the table and the files.
    ///   - reference: the new job.
    /// - Returns: the job, which can already be done or failed.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func insertJob(_ extract: ExtractRequest, as reference: JobReference) async throws -> Job {
        try await insert(extract.configuration, as: reference) { job in try job.require(extract) }
    }

    /// Inserts a job, or returns the existing job with this ID if it passes `check`.
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
            throw BigQueryError(
                code: .inconsistentResponse, message: "inserted the job \(reference.jobID), got another job")
        }
        return resource.job(requestedAs: reference)
    }

    /// Fetches the state of a job.
    ///
    /// - Parameters:
    ///   - reference: the job.
    ///   - mayBeNew: whether the job may have been inserted just now. A job that is not found is then requested again
    ///     for up to ``BigQueryConfiguration/visibilityBudget``.
    /// - Returns: the job.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func fetchJob(_ reference: JobReference, mayBeNew: Bool = false) async throws -> Job {
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

    /// The interval of polling starts with the first and grows to the second.
    private static let (shortestPause, longestPause) = (Duration.milliseconds(250), Duration.seconds(10))

    /// Waits until a job of any kind is done.
    ///
    /// - Parameters:
    ///   - reference: the job.
    ///   - mayBeNew: whether the job may have been inserted just now.
    ///   - onWait: called each time that the job is found not to be done.
    /// - Returns: the job, which can have failed.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func waitForJob(
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

    /// Requests cancellation of a job. The job ends some time later, and can still be billed.
    ///
    /// - Parameters:
    ///   - reference: the job.
    ///   - budget: the time for retries; zero does not retry, `nil` uses the configuration's.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func cancelJob(_ reference: JobReference, budget: Duration? = nil) async throws {
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
        Array(try JSONEncoder.canonical.encode(value))
    }

    /// The location in the message `Already Exists: Job PROJECT:LOCATION.ID`.
    static func location(inDuplicate message: String) -> String? {
        guard let job = message.firstRange(of: "Already Exists: Job ") else { return nil }
        let name = message[job.upperBound...]
        guard let colon = name.lastIndex(of: ":"), let dot = name[colon...].firstIndex(of: ".") else { return nil }
        let location = name[name.index(after: colon)..<dot]
        return location.isEmpty ? nil : String(location)
    }
}
