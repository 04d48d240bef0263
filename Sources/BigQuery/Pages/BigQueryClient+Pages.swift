public import BigQueryRows
import GoogleHTTP
import Synchronization

extension BigQueryClient {
    /// Waits until a query is done, and fetches its first rows, or those from which on they are wanted.
    ///
    /// - Parameters:
    ///   - range: the rows; there may be fewer, or none.
    ///   - schema: the columns that the rows must have, if they are known.
    ///   - mayBeNew: whether the job may have been inserted just now, so that it is asked for again for a while if the
    ///     service does not know it yet. Else a result that is not found is one that has expired.
    ///   - onWait: called each time the job was found to be still running.
    /// - Returns: a page whose `schema` and `totalRows` are known.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchFirstPage(
        _ range: RowRange, of job: JobReference, schema: TableSchema? = nil, mayBeNew: Bool = true,
        onWait: @Sendable () async -> Void = {}
    ) async throws -> ResultPage {
        while true {
            let page = try await fetch(range, of: job, schema: schema, mayBeNew: mayBeNew)
            guard let isComplete = page.jobComplete else { throw Self.missing("jobComplete", of: job) }
            guard isComplete else {
                await onWait()
                continue
            }
            guard let schema = page.schema, !schema.fields.isEmpty else {
                throw BigQueryError(
                    code: .notAQuery, message: "the statement returned no result set",
                    hint: "only statements that return rows can be staged: SELECT, WITH …"
                )
            }
            guard page.totalRows != nil else { throw Self.missing("totalRows", of: job) }
            return page
        }
    }

    /// Fetches rows of a query that is done. The page may have fewer rows than the range, but at least one.
    ///
    /// - Parameter schema: the columns of the first page; a page with others is an error.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchPage(_ range: RowRange, of job: JobReference, schema: TableSchema) async throws -> ResultPage {
        let page = try await fetch(range, of: job, schema: schema, mayBeNew: false)
        guard page.jobComplete == true else {
            throw RowsError(
                code: .inconsistentPage, message: "the job \(job.jobId) was done and is now said to be running"
            )
        }
        guard (1...range.count).contains(page.rows.rowCount) else {
            throw RowsError(
                code: .inconsistentPage,
                message:
                    "the page from row \(range.start + 1) has \(page.rows.rowCount) rows, asked for were \(range.count)"
            )
        }
        return page
    }

    private func fetch(
        _ range: RowRange, of job: JobReference, schema: TableSchema?, mayBeNew: Bool
    ) async throws -> ResultPage {
        let request = HTTPRequest(
            .get,
            url(
                ["queries", job.jobId],
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
        let jobFailure = Mutex<BigQueryError?>(nil)
        let asked = Mutex(false)
        let elapsed = stopwatch(clock)
        let visibilityBudget = configuration.visibilityBudget
        do {
            return try await sendForPage(request, schema: schema, firstRow: range.start) { error in
                if mayBeNew, error.code == .notFound, elapsed() < visibilityBudget { return .repeatLater() }
                // A job that failed is sometimes answered with an error that invites a repetition.
                guard error.isTransient,
                    asked.withLock({ done in
                        defer { done = true }; return !done
                    }),
                    let failure = try? await fetchJob(job).failure
                else { return nil }
                jobFailure.withLock { $0 = failure }
                return .stop
            }
        } catch var error as BigQueryError where error.code == .notFound && !mayBeNew {
            error.code = .resultExpired
            error.hint = "start anew with --restart; BigQuery keeps a result for about a day"
            throw error
        } catch {
            throw jobFailure.withLock { $0 } ?? error
        }
    }

    /// Sends a request for rows, and decodes them as they arrive.
    ///
    /// - Parameters:
    ///   - schema: the columns; `nil` to take those that the page itself has.
    ///   - firstRow: the place of the page's first row, counted from 0.
    func sendForPage(
        _ request: HTTPRequest, schema: TableSchema?, firstRow: Int64,
        judge: @escaping @Sendable (BigQueryError) async -> RetryVerdict? = { _ in nil }
    ) async throws -> ResultPage {
        var request = request
        request.headers.append(("Accept-Encoding", "gzip"))
        let pageLimits = configuration.pageLimits
        return try await send(request, judge: judge) { head, body in
            var pageBody = try PageBody(contentEncoding: head["Content-Encoding"], limits: pageLimits)
            while try await body.read({ try pageBody.receive($0) }) {}
            return try PageDecoder(schema: schema).decode(try pageBody.finish(), firstRow: firstRow)
        }
    }

    private static func missing(_ member: String, of job: JobReference) -> RowsError {
        RowsError(code: .inconsistentPage, message: "the result of \(job.jobId) came without \(member)")
    }
}
