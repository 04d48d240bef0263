import BigQuery
import BigQueryEmulator
import BigQueryRows
import GoogleHTTP
import Synchronization
import TestSupport
import Testing

@testable import BigQueryPull

/// Iterates over rows.
@Suite struct RowSequenceTests {
    private static let schema = TableSchema(fields: [.init(name: "n", type: .int64)])

    /// Pages of an INT64 column with the values from 0.
    private static func pages(_ rowCounts: [Int]) -> [RowPage] {
        var firstRow = 0
        return rowCounts.map { count in
            defer { firstRow += count }
            return RowPage(
                firstRow: Int64(firstRow), columnCount: 1, bytes: [],
                cells: (firstRow..<firstRow + count).map { .integer(Int64($0)) })
        }
    }

    /// A sequence of pages, which then fails with `error`.
    private static func rows(
        _ rowCounts: [Int], error: (any Error)? = nil, onAppend: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> RowSequence {
        RowSequence { channel in
            channel.begin(schema)
            for (index, page) in pages(rowCounts).enumerated() {
                onAppend(index)
                try await channel.append(page)
            }
            if let error { throw error }
            channel.finish()
        }
    }

    @Test(arguments: [[], [1], [3, 1, 2], Array(repeating: 7, count: 100)])
    func hasAllRowsInOrder(rowCounts: [Int]) async throws {
        let rows = Self.rows(rowCounts)
        // Each iteration is a pull of its own.
        for _ in 1...2 {
            var values: [Int] = []
            for try await row in rows {
                #expect(row.index == Int64(values.count))
                values.append(try row["n"])
            }
            #expect(values == Array(0..<rowCounts.reduce(0, +)))
        }
    }

    @Test func aPageIsRequestedOnlyAfterTheLastRowOfTheOneBefore() async throws {
        let appended = Mutex(0)
        var iterator = Self.rows([2, 2, 2]) { index in appended.withLock { $0 = index + 1 } }.makeAsyncIterator()
        #expect(appended.withLock { $0 } == 0)
        for row in 0..<6 {
            #expect(try await iterator.next()?[0] == row)
            // The pull offers a page when it is resumed, so this count is never ahead of the rows.
            #expect(appended.withLock { $0 } == row / 2 + 1)
        }
        #expect(try await iterator.next() == nil)
    }

    @Test(arguments: [0, 3]) func throwsTheErrorOfThePullOnceAfterItsRows(rowCount: Int) async throws {
        let error = PullError(code: .inconsistentResult, message: "a test")
        var iterator = Self.rows(rowCount == 0 ? [] : [rowCount], error: error).makeAsyncIterator()
        for row in 0..<rowCount { #expect(try await iterator.next()?[0] == row) }
        let thrown = await #expect(throws: PullError.self) { try await iterator.next() }
        #expect(thrown?.code == .inconsistentResult)
        #expect(try await iterator.next() == nil)
    }

    /// Cancels the task at every row, including the last one of a page and the last one of all.
    @Test(arguments: 0...5) func isCancellableAtAnyRow(cancelledRow: Int) async throws {
        let isEnded = Mutex(false)
        let rows = RowSequence { channel in
            defer { isEnded.withLock { $0 = true } }
            channel.begin(Self.schema)
            for page in Self.pages([2, 1, 3]) { try await channel.append(page) }
        }
        let task = Task {
            var count = 0
            for try await row in rows {
                #expect(row.index == Int64(count))
                count += 1
                if row.index == Int64(cancelledRow) { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return count
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        // The iteration waits for the end of the pull.
        #expect(isEnded.withLock { $0 })
    }

    @Test(arguments: [0, 1, 2]) func leavingTheLoopEndsThePull(rowCount: Int) async throws {
        let (ends, ended) = AsyncStream<Bool>.makeStream()
        let rows = RowSequence { channel in
            channel.begin(Self.schema)
            do {
                for page in Self.pages([2, 2]) { try await channel.append(page) }
                ended.yield(false)
            } catch {
                ended.yield(error is CancellationError)
            }
        }
        var count = 0
        for try await _ in rows {
            if count == rowCount { break }
            count += 1
        }
        for await isCancelled in ends {
            #expect(isCancelled)
            break
        }
    }

    @Test func aCancelledTaskStartsNoPull() async {
        let rows = RowSequence { _ in Issue.record("the pull was started") }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            for try await _ in rows {}
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func copiesOfAnIteratorShareItsPull() async throws {
        var iterator = Self.rows([2, 1]).makeAsyncIterator()
        #expect(try await iterator.next()?[0] == 0)
        var copy = iterator
        #expect(try await copy.next()?[0] == 1)
        #expect(try await copy.next()?[0] == 2)
        #expect(try await iterator.next()?[0] == 1)
        #expect(try await copy.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test(arguments: [false, true]) func theEndReachesEveryWaitingIterator(fails: Bool) async throws {
        let channel = RowChannel()
        channel.begin(Self.schema)
        let error = fails ? PullError(code: .inconsistentResult, message: "a test") : nil
        await withTaskGroup { group in
            for _ in 1...3 {
                group.addTask {
                    do {
                        #expect(try await channel.next() == nil)
                        #expect(!fails)
                    } catch {
                        #expect(fails && error is PullError)
                    }
                }
            }
            channel.end(error)
        }
    }

    @Test func pagesAreDividedAmongWaitingIterators() async throws {
        let channel = RowChannel()
        channel.begin(Self.schema)
        let firstRows = try await withThrowingTaskGroup(of: Int64?.self) { group in
            for _ in 1...3 { group.addTask { try await channel.next()?.page.firstRow } }
            group.addTask {
                for page in Self.pages([1, 1]) { try await channel.append(page) }
                return nil
            }
            var rows: Set<Int64> = []
            for try await row in group {
                if let row { rows.insert(row) }
                if rows.count == 2 { channel.end(nil) }
            }
            return rows
        }
        #expect(firstRows == [0, 1])
    }

    @Test func cancellationCancelsTheRunningJob() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { request in
            if request.bodyText.contains(#""dryRun":true"#) { return .answer(200, #"{"jobReference":{}}"#) }
            if request.url.contains("/cancel") { return .answer(200, "{}") }
            arrived.yield()
            // The job runs until the client gives up.
            try? await Task.sleep(for: .seconds(3600))
            return .failure(HTTPError(code: .connectionLost, message: "cancelled"))
        }
        let client = BigQueryClient(
            try BigQueryConfiguration(project: "my-project"), tokens: nil, transport: transport)
        let task = Task { for try await _ in client.rows("SELECT 1") {} }
        for await _ in arrivals { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(transport.requests.last?.url.contains("/cancel") == true)
    }

    /// Pages of a real result and of a table are read in parallel, within little memory.
    @Test func hasTheRowsOfAQueryAndOfATable() async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(pageBytes: 20_000)) { fixture in
            var query = QueryPull(QueryRequest("SELECT * FROM bench.trips_300"), client: fixture.client)
            query.limits.memory = 100_000
            query.limits.pageRows = 20
            let table = TablePull(
                TableReference(project: "local-project", dataset: "bench", table: "trips_300"), client: fixture.client)
            let sink = MemorySink()
            _ = try await table.run(into: sink)
            for rows in [query.rows(), table.rows()] {
                var values: [Int64] = []
                for try await row in rows { values.append(try row["trip_id"]) }
                #expect(values.map(CellValue.integer) == sink.values)
                #expect(values.count == 300)
            }
        }
    }

    @Test func decodesWhileRowsArrive() async throws {
        struct Trip: Decodable, Equatable {
            var tripID: Int64
            var vendor: String?
        }
        try await EmulatorFixture.with { fixture in
            let rows = fixture.client.rows("SELECT trip_id, vendor, stops FROM bench.trips_30 ORDER BY trip_id")
            var tuples: [(Int64, String?)] = []
            for try await trip in rows.decode((Int64, String?).self) { tuples.append(trip) }
            var trips: [Trip] = []
            for try await trip in rows.decode(Trip.self, using: RowDecoder(keyDecodingStrategy: .convertFromSnakeCase))
            { trips.append(trip) }
            #expect(trips.count == 30)
            #expect(trips == tuples.map { Trip(tripID: $0.0, vendor: $0.1) })
            #expect(Set(trips.map(\.vendor)).count > 1)
            let error = await #expect(throws: PullError.self) {
                for try await _ in rows.decode((Int64, Int64).self) {}
            }
            #expect(error?.code == .cellMismatch)
            #expect(error?.message.contains("column \"vendor\"") == true)
        }
    }

    @Test func reportsAFailedQuery() async throws {
        try await EmulatorFixture.with { fixture in
            let error = await #expect(throws: BigQueryError.self) {
                for try await _ in fixture.client.rows("SELECT nothing FROM bench.trips_300") {}
            }
            #expect(error?.code == .queryFailed)
        }
    }
}
