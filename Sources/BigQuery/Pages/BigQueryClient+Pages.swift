package import BigQueryRows
import GoogleHTTP
import Synchronization
import TextSupport

extension BigQueryClient {
    /// Waits until a query is done, and fetches its first page.
    ///
    /// - Parameters:
    ///   - range: the requested rows. The page can have fewer, or none.
    ///   - job: the query's job.
    ///   - schema: the columns that the result must have; `nil` accepts any.
    ///   - mayBeNew: whether the job may have been inserted just now. A job that is not found is then requested again
    ///     for up to ``BigQueryConfiguration/visibilityBudget``; otherwise its result has expired.
    ///   - memory: recycles the memory of earlier pages.
    ///   - onWait: called each time that the job is found to be running.
    /// - Returns: a page with `schema` and `totalRows`.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func fetchFirstPage(
        _ range: RowRange, of job: JobReference, schema: TableSchema? = nil, mayBeNew: Bool = true,
        memory: PageMemory = PageMemory(), onWait: @Sendable () async -> Void = {}
    ) async throws -> ResultPage {
        let request = pageRequest(.startedQuery(job), range, of: job, schema, memory)
        while true {
            let page = try await send(request, of: job, mayBeNew: mayBeNew)
            guard page.jobComplete == true else {
                await onWait()
                continue
            }
            guard let schema = page.schema, !schema.fields.isEmpty else {
                throw BigQueryError(code: .notAQuery, message: "the statement returned no result set")
            }
            return page
        }
    }

    /// Fetches a page of a query that is done. The page can have fewer rows than requested, but at least one.
    ///
    /// - Parameters:
    ///   - range: the requested rows.
    ///   - job: the query's job.
    ///   - schema: the columns of the first page. A page with other columns is an error.
    ///   - totalRows: the number of rows that the first page reported; `nil` skips the comparison.
    ///   - memory: recycles the memory of earlier pages.
    ///   - waitForSpace: called when the response starts. The page is read when it returns.
    /// - Returns: the page.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError`, `CancellationError`, or what `waitForSpace`
    ///   throws.
    package func fetchPage(
        _ range: RowRange, of job: JobReference, schema: TableSchema, totalRows: Int64? = nil,
        memory: PageMemory = PageMemory(), waitForSpace: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> ResultPage {
        var request = pageRequest(.finishedQuery(job, totalRows: totalRows), range, of: job, schema, memory)
        request.waitForSpace = waitForSpace
        return try await send(request, of: job, mayBeNew: false)
    }

    private func pageRequest(
        _ source: PageRequest.Source, _ range: RowRange, of job: JobReference, _ schema: TableSchema?,
        _ memory: PageMemory
    ) -> PageRequest {
        let request = HTTPRequest(
            .get,
            url(
                ["queries", job.jobID],
                [
                    "location": job.location,
                    "startIndex": String(range.start),
                    "maxResults": String(range.count),
                    "timeoutMs": String(configuration.longPoll.components.seconds * 1000),
                    "formatOptions.useInt64Timestamp": "true",
                    "prettyPrint": "false",
                    "fields": "jobComplete,schema,totalRows,pageToken,rows",
                ]
            ),
            firstByteTimeout: configuration.longPoll + configuration.firstByteAllowance
        )
        return PageRequest(source: source, range: range, request: request, schema: schema, memory: memory)
    }

    private func send(_ request: PageRequest, of job: JobReference, mayBeNew: Bool) async throws -> ResultPage {
        let needsLookup = Atomic(true)
        let elapsed = stopwatch(clock)
        let visibilityBudget = configuration.visibilityBudget
        return try await request.send(with: self) { error in
            if error.code == .notFound {
                guard mayBeNew else {
                    var expired = error
                    expired.code = .resultExpired
                    throw expired
                }
                return elapsed() < visibilityBudget ? .retry() : nil
            }
            // The service sometimes reports a failed job as a transient error. If the job cannot be fetched, the page
            // is retried.
            if error.isTransient, needsLookup.exchange(false, ordering: .relaxed),
                let failure = try? await fetchJob(job).failure
            {
                throw failure
            }
            return nil
        }
    }
}
