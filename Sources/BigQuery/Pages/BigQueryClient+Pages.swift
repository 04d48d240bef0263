public import BigQueryRows
import GoogleHTTP
import Synchronization
import TextSupport

extension BigQueryClient {
    /// Waits until a query is done, and fetches its first rows, or those from which on they are wanted.
    ///
    /// - Parameters:
    ///   - range: the rows; there may be fewer, or none.
    ///   - schema: the columns that the rows must have, if they are known.
    ///   - mayBeNew: whether the job may have been inserted just now, so that it is asked for again for a while if the
    ///     service does not know it yet. Else a result that is not found is one that has expired.
    ///   - memory: where the page's memory is taken from.
    ///   - onWait: called each time the job was found to be still running.
    /// - Returns: a page whose `schema` and `totalRows` are known.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchFirstPage(
        _ range: RowRange, of job: JobReference, schema: TableSchema? = nil, mayBeNew: Bool = true,
        memory: PageMemory = PageMemory(), onWait: @Sendable () async -> Void = {}
    ) async throws -> ResultPage {
        while true {
            let page = try await fetch(range, of: job, schema: schema, mayBeNew: mayBeNew, memory) { page in
                guard let isComplete = page.jobComplete else { throw Self.missing("jobComplete", of: job) }
                guard isComplete, page.schema?.fields.isEmpty == false else { return }
                guard let totalRows = page.totalRows else { throw Self.missing("totalRows", of: job) }
                try Self.check(page, of: range, totalRows: totalRows, mayBeEmpty: range.start >= totalRows)
            }
            guard page.jobComplete == true else {
                await onWait()
                continue
            }
            guard let schema = page.schema, !schema.fields.isEmpty else {
                throw BigQueryError(
                    code: .notAQuery, message: "the statement returned no result set",
                    hint: "only statements that return rows can be staged: SELECT, WITH …"
                )
            }
            return page
        }
    }

    /// Fetches rows of a query that is done. The page may have fewer rows than the range, but at least one.
    ///
    /// - Parameters:
    ///   - schema: the columns of the first page; a page with others is an error.
    ///   - totalRows: the rows of the whole result, as the first page told them; `nil` compares nothing.
    ///   - memory: where the page's memory is taken from.
    ///   - willRead: called when the page is answered; it is read when this returns.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError`, `CancellationError`, or what `willRead` throws.
    public func fetchPage(
        _ range: RowRange, of job: JobReference, schema: TableSchema, totalRows: Int64? = nil,
        memory: PageMemory = PageMemory(), willRead: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> ResultPage {
        try await fetch(range, of: job, schema: schema, mayBeNew: false, memory, willRead: willRead) { page in
            guard page.jobComplete == true else {
                throw RowsError(
                    code: .inconsistentPage, message: "the job \(job.jobID) was done and is now said to be running")
            }
            if let totalRows, let told = page.totalRows, told != totalRows {
                throw RowsError(
                    code: .inconsistentPage, message: "the result had \(totalRows) rows and now has \(told)")
            }
            try Self.check(page, of: range, totalRows: totalRows, mayBeEmpty: false)
        }
    }

    /// Compares the rows of a page with those that were asked for and those that there are. A page token says only
    /// that there are more.
    private static func check(
        _ page: ResultPage, of range: RowRange, totalRows: Int64?, mayBeEmpty: Bool
    ) throws(RowsError) {
        let count = page.rows.rowCount
        let (end, isOverflow) = range.start.addingReportingOverflow(Int64(count))
        let hasMore = page.pageToken?.isEmpty == false
        if count == 0, !hasMore, !mayBeEmpty {
            throw RowsError(
                code: .wrongRowCount,
                message: "the result ends after \(range.start) rows\(totalRows.map { ", not after \($0)" } ?? "")")
        }
        guard count <= range.count, count > 0 || mayBeEmpty else {
            throw RowsError(
                code: .inconsistentPage,
                message: "the page from row \(range.start &+ 1) has \(count) rows, asked for were \(range.count)")
        }
        if isOverflow || totalRows.map({ end > $0 || end == $0 && hasMore }) == true {
            throw RowsError(
                code: .wrongRowCount, message: "the result was to have \(totalRows ?? .max) rows, but there are more")
        }
    }

    private func fetch(
        _ range: RowRange, of job: JobReference, schema: TableSchema?, mayBeNew: Bool, _ memory: PageMemory,
        willRead: @escaping @Sendable () async throws -> Void = {},
        check: @escaping @Sendable (ResultPage) throws -> Void
    ) async throws -> ResultPage {
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
        let jobFailure = Mutex<BigQueryError?>(nil)
        let asked = Mutex(false)
        let elapsed = stopwatch(clock)
        let visibilityBudget = configuration.visibilityBudget
        do {
            return try await sendForPage(
                request, schema: schema, firstRow: range.start, rowCount: range.count, memory: memory,
                willRead: willRead, check: check
            ) { error in
                if mayBeNew, error.code == .notFound, elapsed() < visibilityBudget { return .retry() }
                // A job that failed is sometimes answered with an error that invites a repetition.
                guard error.isTransient,
                    asked.withLock({ done in
                        defer { done = true }; return !done
                    }),
                    let failure = try? await fetchJob(job).failure
                else { return nil }
                jobFailure.withLock { $0 = failure }
                return .fail
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
    ///   - rowCount: the most rows that are asked for.
    ///   - memory: where the page's memory is taken from.
    ///   - check: judges the page; what it throws is an error of the answer, which may be asked for again.
    func sendForPage(
        _ request: HTTPRequest, schema: TableSchema?, firstRow: Int64, rowCount: Int, memory: PageMemory,
        willRead: @escaping @Sendable () async throws -> Void = {},
        check: @escaping @Sendable (ResultPage) throws -> Void = { _ in },
        judge: @escaping @Sendable (BigQueryError) async -> RetryVerdict? = { _ in nil }
    ) async throws -> ResultPage {
        var request = request
        if configuration.compressesPages { request.headers.append(("Accept-Encoding", "gzip")) }
        let (pageLimits, host, clock) = (configuration.pageLimits, configuration.endpoint.host, clock)
        let elapsed = stopwatch(clock)
        let held = Mutex(Duration.zero)
        return try await send(request, judge: judge) { head, body in
            // An attempt that failed may have been held as well.
            var timing = PageTiming(timeToFirstByte: elapsed() - held.withLock { $0 })
            let holding = try await clock.measure { try await body.hold(for: willRead) }
            timing.held = held.withLock { held in
                held += holding
                return held
            }
            var pageBody = try PageBody(
                contentEncoding: head["Content-Encoding"], limits: pageLimits, memory: memory, rowCount: rowCount)
            while try await body.read({ chunk in
                timing.inflate += try clock.measure { try pageBody.receive(chunk) }
            }) {}
            timing.transfer = elapsed() - timing.timeToFirstByte - timing.held - timing.inflate
            let inflated = try pageBody.finish()
            // A page of a proxy, or something that is compressed and does not say so.
            if let first = inflated.bytes.first, [UInt8(ascii: "<"), 0x1F].contains(first) {
                throw BigQueryError.notBigQuery(inflated.bytes, host: host)
            }
            let start = elapsed()
            var page = try PageDecoder(schema: schema, memory: memory, rowCount: rowCount).decode(
                inflated, firstRow: firstRow)
            timing.decode = elapsed() - start
            page.timing = timing
            try check(page)
            return page
        }
    }

    private static func missing(_ member: String, of job: JobReference) -> RowsError {
        RowsError(code: .inconsistentPage, message: "the result of \(job.jobID) came without \(member)")
    }
}
