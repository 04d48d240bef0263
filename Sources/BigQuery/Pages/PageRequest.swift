import BigQueryRows
import GoogleHTTP
import Synchronization
import TextSupport

/// Consecutive rows of a result.
package struct RowRange: Sendable, Hashable {
    /// The first row, counted from 0.
    package var start: Int64
    /// The number of rows, at least 1.
    package var count: Int

    /// Creates a range.
    package init(start: Int64, count: Int) {
        self.start = start
        self.count = count
    }
}

/// A request for one page of rows. Its steps: send, wait for space, read, decode, check.
struct PageRequest: Sendable {
    /// The rules by which a page is checked.
    enum Source: Sendable {
        /// A table. The page can be empty.
        case table
        /// A query that can still be running, or can have no result set.
        case startedQuery(JobReference)
        /// A query that is done, with the number of its rows if it is known.
        case finishedQuery(JobReference, totalRows: Int64?)
    }

    var source: Source
    /// The requested rows. The page can have fewer.
    var range: RowRange
    var request: HTTPRequest
    /// The columns; `nil` decodes by the schema of the response.
    var schema: TableSchema?
    var memory: PageMemory
    /// Returns when there is space for the page.
    var waitForSpace: @Sendable () async throws -> Void = {}

    /// Sends the request and receives the page. A failed attempt is retried as the client's configuration says.
    ///
    /// - Parameters:
    ///   - client: the client that sends the request.
    ///   - classify: as in ``BigQueryClient/send(_:budget:classify:receive:)``.
    /// - Returns: the checked page.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError`, `CancellationError`, or what `waitForSpace`
    ///   or `classify` throws.
    func send(
        with client: BigQueryClient,
        classify: @escaping @Sendable (BigQueryError) async throws -> RetryVerdict? = { _ in nil }
    ) async throws -> ResultPage {
        var request = request
        if client.configuration.compressesPages { request.headers.append(("Accept-Encoding", "gzip")) }
        let (limits, host) = (client.configuration.pageLimits, client.configuration.endpoint.host)
        let elapsed = stopwatch(client.clock)
        // Waiting in a failed attempt is not part of the time to the first byte either.
        let held = Mutex(Duration.zero)
        return try await client.send(request, classify: classify) { head, body in
            var timing = PageTiming(timeToFirstByte: elapsed() - held.withLock { $0 })
            let arrival = elapsed()
            try await body.hold(for: waitForSpace)
            timing.held = held.withLock { held in
                held += elapsed() - arrival
                return held
            }
            let text = try await read(&body, encoding: head["Content-Encoding"], limits, elapsed, &timing)
            // HTML of a proxy, or compressed data without its header.
            if let first = text.bytes.first, [UInt8(ascii: "<"), 0x1F].contains(first) {
                throw BigQueryError.notBigQuery(text.bytes, host: host)
            }
            let page = try decode(consume text, elapsed, timing)
            try check(page)
            return page
        }
    }

    /// Reads and inflates the body as it arrives.
    private func read(
        _ body: inout HTTPBody, encoding: String?, _ limits: BodyLimits, _ elapsed: () -> Duration,
        _ timing: inout PageTiming
    ) async throws -> InflatedBody {
        var page = try PageBody(contentEncoding: encoding, limits: limits, memory: memory, rowCount: range.count)
        var inflate = Duration.zero
        while try await body.read({ chunk in
            let start = elapsed()
            try page.receive(chunk)
            inflate += elapsed() - start
        }) {}
        timing.inflate = inflate
        timing.transfer = elapsed() - timing.timeToFirstByte - timing.held - inflate
        return try page.finish()
    }

    private func decode(
        _ text: consuming InflatedBody, _ elapsed: () -> Duration, _ timing: PageTiming
    ) throws(RowsError) -> ResultPage {
        let start = elapsed()
        var page = try PageDecoder(schema: schema, memory: memory, rowCount: range.count).decode(
            consume text, firstRow: range.start)
        page.timing = timing
        page.timing.decode = elapsed() - start
        return page
    }

    /// Compares the rows of a page with the requested ones and with the total. A page token says only that there are
    /// more rows.
    private func check(_ page: ResultPage) throws(RowsError) {
        switch source {
        case .table:
            guard page.rows.rowCount <= range.count else { throw wrongCount(page) }
        case .startedQuery(let job):
            guard let isComplete = page.jobComplete else { throw missing("jobComplete", of: job) }
            guard isComplete, page.schema?.fields.isEmpty == false else { return }
            guard let totalRows = page.totalRows else { throw missing("totalRows", of: job) }
            try check(page, totalRows: totalRows, canBeEmpty: range.start >= totalRows)
        case .finishedQuery(let job, let totalRows):
            guard page.jobComplete == true else {
                throw RowsError(
                    code: .inconsistentPage, message: "the job \(job.jobID) was done and is now reported as running")
            }
            if let totalRows, let reported = page.totalRows, reported != totalRows {
                throw RowsError(
                    code: .inconsistentPage, message: "the result had \(totalRows) rows and now has \(reported)")
            }
            try check(page, totalRows: totalRows, canBeEmpty: false)
        }
    }

    private func check(_ page: ResultPage, totalRows: Int64?, canBeEmpty: Bool) throws(RowsError) {
        let count = page.rows.rowCount
        let (end, isOverflow) = range.start.addingReportingOverflow(Int64(count))
        let hasMore = page.pageToken?.isEmpty == false
        if count == 0, !hasMore, !canBeEmpty {
            throw RowsError(
                code: .wrongRowCount,
                message: "the result ends after \(range.start) rows\(totalRows.map { ", not after \($0)" } ?? "")")
        }
        guard count <= range.count, count > 0 || canBeEmpty else { throw wrongCount(page) }
        if isOverflow || totalRows.map({ end > $0 || end == $0 && hasMore }) == true {
            throw RowsError(
                code: .wrongRowCount, message: "the result has more rows than its total, \(totalRows ?? .max)")
        }
    }

    private func wrongCount(_ page: ResultPage) -> RowsError {
        RowsError(
            code: .inconsistentPage,
            message: "requested \(range.count) rows from row \(range.start &+ 1), got \(page.rows.rowCount)")
    }

    private func missing(_ member: String, of job: JobReference) -> RowsError {
        RowsError(code: .inconsistentPage, message: "the result of the job \(job.jobID) has no \(member)")
    }
}
