import BigQuery
import BigQueryPull
import BigQueryRows
import GoogleHTTP
import Synchronization
import TestSupport
import Testing

/// Pulls tables of a scripted service into a sink in memory.
@Suite struct TablePullTests {
    private static let reference = TableReference(project: "p", dataset: "d", table: "t")

    /// A response of tables.get.
    struct Description: Sendable {
        var type = "TABLE"
        var etag = "e1"
        var rows: Int? = 4
        var column = #"{"name":"n","type":"INTEGER"}"#
        var more = ""

        var reply: ScriptedTransport.Reply {
            let rows = rows.map { #","numRows":"\#($0)""# } ?? ""
            return .answer(
                200,
                #"""
                {"tableReference":{"projectId":"p","datasetId":"d","tableId":"t"},"type":"\#(type)","etag":"\#(etag)",
                "location":"EU","schema":{"fields":[\#(column)]}\#(rows)\#(more)}
                """#)
        }
    }

    /// A response of tabledata.list.
    struct Page: Sendable {
        var values: [Int]
        var token: String?
        var total: Int? = 4

        var reply: ScriptedTransport.Reply {
            let rows = values.map { #"{"f":[{"v":"\#($0)"}]}"# }.joined(separator: ",")
            let members = [
                total.map { #""totalRows":"\#($0)""# }, token.map { #""pageToken":"\#($0)""# }, #""rows":[\#(rows)]"#,
            ]
            return .answer(200, "{\(members.compactMap(\.self).joined(separator: ","))}")
        }
    }

    /// A service that returns these pages and descriptions in order, and the last description indefinitely.
    private func service(_ pages: [Page], of descriptions: [Description] = [Description()]) -> ScriptedTransport {
        let state = Mutex((descriptions: descriptions, pages: pages))
        return ScriptedTransport { request in
            state.withLock { state in
                guard request.isForRows else {
                    return state.descriptions.count > 1
                        ? state.descriptions.removeFirst().reply : state.descriptions[0].reply
                }
                guard !state.pages.isEmpty else { return .answer(400, "no more pages") }
                return state.pages.removeFirst().reply
            }
        }
    }

    private func pull(_ transport: ScriptedTransport, pageRows: Int? = 2) throws -> TablePull {
        let configuration = try BigQueryConfiguration(project: "demo", endpoint: HTTPEndpoint("http://127.0.0.1:1"))
        let client = BigQueryClient(configuration, tokens: nil, transport: transport, clock: ManualClock())
        var pull = TablePull(Self.reference, client: client, clock: ManualClock())
        pull.limits.pageRows = pageRows
        return pull
    }

    @Test func followsPageTokens() async throws {
        let pages = [
            Page(values: [0, 1], token: "A=="), Page(values: [2], token: "B"), Page(values: [3], token: ""),
        ]
        let (sink, transport) = (MemorySink(), service(pages))
        let report = try await pull(transport).run(into: sink)
        #expect(sink.values == (0..<4).map { .integer($0) } && sink.isFinished)
        let urls = transport.requests.map(\.url)
        #expect(urls.count == 5 && !urls[0].contains("/data?") && !urls[4].contains("/data?"))
        #expect(urls[1].contains("startIndex=0&") && urls[2].contains("pageToken=A%3D%3D&"))
        #expect(urls[3].contains("pageToken=B&"))
        #expect(report.pages == 3 && report.rowsRead == 4 && report.rowsCopied == 4)
        #expect(report.jobID == nil && report.bytesBilled == 0 && report.bytesProcessed == nil)
        #expect(report.project == "p" && report.sourceTable == "p.d.t" && report.location == "EU")
        #expect(report.warnings.isEmpty)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var table = Description()
        var pages: [Page]
        var error: String
        var message: String
        /// The number of rows delivered before the error.
        var delivered: Int
    }

    static let faults = [
        Fault(
            testDescription: "the same token twice",
            pages: [.init(values: [0], token: "A"), .init(values: [1], token: "A")],
            error: "inconsistentPage", message: "after 2 rows, a page token repeats", delivered: 1),
        Fault(
            testDescription: "a cycle of tokens",
            pages: ["A", "B", "A"].map { .init(values: [7], token: $0) },
            error: "inconsistentPage", message: "after 3 rows, a page token repeats", delivered: 2),
        Fault(
            testDescription: "a token of more than 64 KiB",
            pages: Array(repeating: .init(values: [0], token: String(repeating: "x", count: 65_537)), count: 4),
            error: "inconsistentPage", message: "not a string of at most 65536 bytes", delivered: 0),
        Fault(
            testDescription: "101 pages without rows", pages: (0...100).map { .init(values: [], token: "\($0)") },
            error: "inconsistentPage", message: "101 consecutive pages have no rows", delivered: 0),
        Fault(
            testDescription: "a different total on the second page",
            pages: [.init(values: [0], token: "A"), .init(values: [1], token: "B", total: 5)],
            error: "tableChanges", message: "changed while it was read", delivered: 1),
        Fault(
            testDescription: "fewer rows than expected",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [2])],
            error: "inconsistentResult", message: "expected 4 rows of table p.d.t, got 3", delivered: 2),
        Fault(
            testDescription: "more rows than expected",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [2, 3], token: "B"), .init(values: [4])],
            error: "inconsistentResult", message: "expected 4 rows of table p.d.t, got more", delivered: 4),
        Fault(
            testDescription: "the same page under another token",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [0, 1], token: "B"), .init(values: [2, 3])],
            error: "inconsistentResult", message: "got more", delivered: 4),
        Fault(
            testDescription: "no row count", table: Description(rows: nil),
            pages: [.init(values: [0], total: nil)],
            error: "inconsistentResult", message: "has no row count", delivered: 0),
    ]

    @Test(.faults("P20", "P21", "P24"), arguments: faults) func neverFinishesInconsistentPages(_ fault: Fault)
        async throws
    {
        let (sink, transport) = (MemorySink(), service(fault.pages, of: [fault.table]))
        let error = await #expect(throws: (any Error).self) { try await pull(transport).run(into: sink) }
        let description = error.map { "\($0)" } ?? ""
        #expect(description.hasPrefix(fault.error) && description.contains(fault.message), "\(description)")
        #expect(!sink.isFinished)
        #expect(sink.values.count == fault.delivered)
        // No page after the faulty one is requested; a body that cannot be read is retried.
        #expect(transport.requests.count(where: \.isForRows) == fault.pages.count)
    }

    @Test(.faults("P21")) func acceptsAHundredPagesWithoutRows() async throws {
        let empty = (0..<100).map { Page(values: [], token: "\($0)") }
        let sink = MemorySink()
        let pages = empty + [Page(values: [0, 1], token: "x")] + (100..<200).map { Page(values: [], token: "\($0)") }
        let report = try await pull(service(pages + [Page(values: [2, 3])])).run(into: sink)
        #expect(sink.values.count == 4 && report.pages == 202)
    }

    /// Only the row count decides about a fault, since a table can contain equal rows.
    @Test(.faults("P24"), arguments: [(7, true), (8, false)])
    func warnsOfAPageLikeTheOneBefore(last: Int, isWarned: Bool) async throws {
        let pages = [Page(values: [7, 7], token: "A"), Page(values: [7, last])]
        let report = try await pull(service(pages)).run(into: MemorySink())
        #expect(
            report.warnings.map(\.message)
                == (isWarned ? ["two consecutive pages of the table have the same rows, up to row 4"] : []))
    }

    @Test(arguments: [Description(etag: "e2"), Description(rows: 5)])
    func neverFinishesATableThatChanged(after: Description) async throws {
        let sink = MemorySink()
        let transport = service(
            [Page(values: [0, 1], token: "A"), Page(values: [2, 3])], of: [Description(), after])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: sink) }
        #expect(error?.code == .tableChanges && error?.code.isTransient == true)
        #expect(!sink.isFinished && sink.values.count == 4)
    }

    /// If the table changed, that is the reason for missing rows.
    @Test func reportsAChangeInsteadOfInconsistentPages() async throws {
        let transport = service(
            [Page(values: [0, 1], token: "A"), Page(values: [2])], of: [Description(), Description(etag: "e2")])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(error?.code == .tableChanges)
    }

    @Test(arguments: [
        ("VIEW", "a view"), ("MATERIALIZED_VIEW", "a materialized view"), ("EXTERNAL", "an external table"),
    ])
    func suggestsAQueryForAView(type: String, name: String) async throws {
        let transport = service([], of: [Description(type: type, rows: 0)])
        let all = await #expect(throws: BigQueryError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(all?.code == .notATable && all?.message.contains("p.d.t is \(name)") == true)
        #expect(all?.detail == .readableByQuery(sql: "SELECT * FROM `p.d.t`", exportURI: nil))
        var some = try pull(transport)
        some.columns = ["n", "b"]
        some.maximumRows = 5
        let error = await #expect(throws: BigQueryError.self) { try await some.run(into: MemorySink()) }
        #expect(error?.detail == .readableByQuery(sql: "SELECT `n`, `b` FROM `p.d.t` LIMIT 5", exportURI: nil))
        #expect(transport.requests.count == 2)
    }

    @Test(arguments: ["SNAPSHOT", "TABLE_OF_THE_FUTURE"]) func readsOtherKinds(type: String) async throws {
        let sink = MemorySink()
        _ = try await pull(service([Page(values: [0, 1, 2, 3])], of: [Description(type: type)]), pageRows: 4).run(
            into: sink)
        #expect(sink.values.count == 4)
    }

    @Test func rejectsColumnsBeforeTheFirstPage() async throws {
        let fine = #"{"name":"at","type":"TIMESTAMP","timestampPrecision":"12"}"#
        let transport = service([], of: [Description(column: fine)])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(error?.code == .unsupportedColumn)
        #expect(error?.detail == .timestampPrecision(column: "at"))
        var unknown = try pull(transport)
        unknown.columns = ["ta"]
        let other = await #expect(throws: BigQueryError.self) { try await unknown.run(into: MemorySink()) }
        #expect(other?.code == .invalidRequest && other?.message.contains("\"ta\"") == true)
        #expect(transport.requests.allSatisfy { !$0.isForRows })
    }

    /// The service can send the rows of a streaming buffer without counting them.
    @Test(arguments: [([0, 1, 2, 3], nil), ([0, 1, 2, 3, 4], nil), ([0, 1, 2], "inconsistentResult")])
    func acceptsRowsOfAStreamingBuffer(values: [Int], error: String?) async throws {
        let table = Description(more: #","streamingBuffer":{"estimatedRows":"9"}"#)
        let sink = MemorySink()
        let pull = try pull(service([Page(values: values, total: 0)], of: [table]), pageRows: 10)
        if let error {
            let thrown = await #expect(throws: PullError.self) { try await pull.run(into: sink) }
            #expect(thrown?.code.description == error)
        } else {
            let report = try await pull.run(into: sink)
            #expect(sink.values.count == values.count)
            #expect(report.warnings.first?.message.contains("the table p.d.t has a streaming buffer") == true)
        }
    }

    @Test(arguments: [(3, 3), (4, 4), (9, 4)]) func requestsNoMoreRowsThanTheMaximum(limit: Int64, rows: Int)
        async throws
    {
        let sink = MemorySink()
        let requested = Mutex<[Int]>([])
        let transport = ScriptedTransport { request in
            guard request.isForRows else { return Description().reply }
            let count = Int(request.url.firstMatch(of: /maxResults=(\d+)/)?.output.1 ?? "") ?? 0
            let first = requested.withLock { requested in
                defer { requested.append(count) }
                return requested.reduce(0, +)
            }
            let next = min(first + count, 4)
            return Page(values: Array(first..<next), token: next < 4 ? "\(next)" : nil).reply
        }
        var pull = try pull(transport)
        pull.maximumRows = limit
        let report = try await pull.run(into: sink)
        #expect(report.rowsCopied == Int64(rows) && sink.values == (0..<rows).map { .integer(Int64($0)) })
        #expect(requested.withLock { $0 } == (limit == 3 ? [2, 1] : [2, 2]))
    }

    @Test func halvesAPageThatIsTooLargeOnce() async throws {
        let isFirst = Mutex(true)
        let transport = ScriptedTransport { request in
            guard request.isForRows else { return Description().reply }
            let wasFirst = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            guard !wasFirst else {
                return .answer(
                    HTTPResponseHead(status: 200), [[UInt8](repeating: 32, count: BodyLimits.page.inflatedBytes + 1)])
            }
            #expect(request.url.contains("maxResults=5&"))
            return Page(values: [0, 1, 2, 3]).reply
        }
        let report = try await pull(transport, pageRows: 10).run(into: MemorySink())
        #expect(report.rowsCopied == 4 && report.pages == 1)
    }

    /// While a page is written, only the next one is fetched; none if the memory holds only one.
    @Test(arguments: [(96_000_000, 2), (1, 1)]) func fetchesOnePageAhead(memory: Int, most: Int) async throws {
        let fetched = Mutex(0)
        let transport = ScriptedTransport { request in
            guard request.isForRows else { return Description(rows: 9).reply }
            let number = fetched.withLock { count in
                count += 1
                return count
            }
            return Page(values: [number], token: number < 9 ? "\(number)" : nil, total: 9).reply
        }
        let sink = CountingSink(pages: 9, mostAhead: most) { fetched.withLock { $0 } }
        var pull = try pull(transport)
        pull.limits.memory = memory
        _ = try await pull.run(into: sink)
        #expect(sink.ahead.count == 9)
        #expect(sink.ahead == Array(repeating: most, count: 8) + [1])
    }
}

/// Records at each page how many have been fetched and not delivered.
private final class CountingSink: RowSink {
    private let pages: Int
    private let mostAhead: Int
    private let fetched: @Sendable () -> Int
    private let counts = Mutex<[Int]>([])

    init(pages: Int, mostAhead: Int, _ fetched: @escaping @Sendable () -> Int) {
        self.pages = pages
        self.mostAhead = mostAhead
        self.fetched = fetched
    }

    var ahead: [Int] { counts.withLock { $0 } }

    func begin(_ schema: TableSchema) {}

    func append(_ page: RowPage) async {
        let delivered = ahead.count
        while fetched() < min(delivered + mostAhead, pages) { await Task.yield() }
        // Time for a fetch that should not happen.
        for _ in 0..<100 { await Task.yield() }
        counts.withLock { $0.append(fetched() - delivered) }
    }

    func finish() {}
}

extension HTTPRequest {
    /// Whether this requests rows of a table.
    fileprivate var isForRows: Bool { url.contains("/data?") }
}
