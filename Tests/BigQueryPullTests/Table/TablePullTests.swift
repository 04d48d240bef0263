import BigQuery
import BigQueryPull
import BigQueryRows
import GoogleHTTP
import Synchronization
import TestSupport
import Testing

/// Reads tables of a scripted service into a sink in memory.
@Suite struct TablePullTests {
    private static let reference = TableReference(project: "p", dataset: "d", table: "t")

    /// A table as tables.get describes it.
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

    /// A page as tabledata.list answers.
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

    /// A service that gives these pages one after another, and these descriptions, the last of them for ever.
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

    @Test func followsTokensToTheEnd() async throws {
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
        /// The rows that may have been delivered by then.
        var delivered: Int
    }

    static let faults = [
        Fault(
            testDescription: "the same token twice",
            pages: [.init(values: [0], token: "A"), .init(values: [1], token: "A")],
            error: "inconsistentPage", message: "after 2 rows, the same page token came again", delivered: 1),
        Fault(
            testDescription: "a cycle of tokens",
            pages: ["A", "B", "A"].map { .init(values: [7], token: $0) },
            error: "inconsistentPage", message: "after 3 rows, the same page token came again", delivered: 2),
        Fault(
            testDescription: "a token of more than 64 KiB",
            pages: Array(repeating: .init(values: [0], token: String(repeating: "x", count: 65_537)), count: 4),
            error: "inconsistentPage", message: "not a string of at most 65536 bytes", delivered: 0),
        Fault(
            testDescription: "101 pages without rows", pages: (0...100).map { .init(values: [], token: "\($0)") },
            error: "inconsistentPage", message: "101 pages came without any", delivered: 0),
        Fault(
            testDescription: "another number of rows on the second page",
            pages: [.init(values: [0], token: "A"), .init(values: [1], token: "B", total: 5)],
            error: "tableChanges", message: "changed while it was read", delivered: 1),
        Fault(
            testDescription: "fewer rows than promised",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [2])],
            error: "inconsistentResult", message: "was to have 4 rows, but 3 came", delivered: 2),
        Fault(
            testDescription: "more rows than promised",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [2, 3], token: "B"), .init(values: [4])],
            error: "inconsistentResult", message: "was to have 4 rows, but more came", delivered: 4),
        Fault(
            testDescription: "a page that comes again under another token",
            pages: [.init(values: [0, 1], token: "A"), .init(values: [0, 1], token: "B"), .init(values: [2, 3])],
            error: "inconsistentResult", message: "but more came", delivered: 4),
        Fault(
            testDescription: "no number of rows", table: Description(rows: nil),
            pages: [.init(values: [0], total: nil)],
            error: "inconsistentResult", message: "came without a number of rows", delivered: 0),
    ]

    @Test(.faults("P20", "P21", "P24"), arguments: faults) func pagesThatDoNotGoTogetherAreNeverFinished(_ fault: Fault)
        async throws
    {
        let (sink, transport) = (MemorySink(), service(fault.pages, of: [fault.table]))
        let error = await #expect(throws: (any Error).self) { try await pull(transport).run(into: sink) }
        let description = error.map { "\($0)" } ?? ""
        #expect(description.hasPrefix(fault.error) && description.contains(fault.message), "\(description)")
        #expect(!sink.isFinished)
        #expect(sink.values.count == fault.delivered)
        // None was asked for behind the one that was wrong; a body that cannot be read is asked for again.
        #expect(transport.requests.count(where: \.isForRows) == fault.pages.count)
    }

    @Test(.faults("P21")) func aHundredPagesWithoutRowsAreLetThrough() async throws {
        let empty = (0..<100).map { Page(values: [], token: "\($0)") }
        let sink = MemorySink()
        let pages = empty + [Page(values: [0, 1], token: "x")] + (100..<200).map { Page(values: [], token: "\($0)") }
        let report = try await pull(service(pages + [Page(values: [2, 3])])).run(into: sink)
        #expect(sink.values.count == 4 && report.pages == 202)
    }

    /// Whether it is a fault is for the number of rows to tell: a table may have the same rows many times.
    @Test(.faults("P24"), arguments: [(7, true), (8, false)])
    func aPageLikeTheOneBeforeIsWarnedAbout(last: Int, isWarned: Bool) async throws {
        let pages = [Page(values: [7, 7], token: "A"), Page(values: [7, last])]
        let report = try await pull(service(pages)).run(into: MemorySink())
        #expect(
            report.warnings.map(\.message)
                == (isWarned ? ["two pages of the table came with the same rows, up to row 4"] : []))
    }

    @Test(arguments: [Description(etag: "e2"), Description(rows: 5)])
    func aTableThatIsAnotherAfterwardsIsNeverFinished(after: Description) async throws {
        let sink = MemorySink()
        let transport = service(
            [Page(values: [0, 1], token: "A"), Page(values: [2, 3])], of: [Description(), after])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: sink) }
        #expect(error?.code == .tableChanges && error?.code.isTransient == true)
        #expect(!sink.isFinished && sink.values.count == 4)
    }

    /// Rows that do not fit the columns, or are missing, are explained by a change if there was one.
    @Test func aChangeExplainsPagesThatDoNotFit() async throws {
        let transport = service(
            [Page(values: [0, 1], token: "A"), Page(values: [2])], of: [Description(), Description(etag: "e2")])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(error?.code == .tableChanges)
    }

    @Test(arguments: [
        ("VIEW", "a view"), ("MATERIALIZED_VIEW", "a materialized view"), ("EXTERNAL", "an external table"),
    ])
    func whatOnlyAQueryCanReadIsAnsweredWithTheQuery(type: String, name: String) async throws {
        let transport = service([], of: [Description(type: type, rows: 0)])
        let all = await #expect(throws: BigQueryError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(all?.code == .notATable && all?.message.contains("p.d.t is \(name)") == true)
        #expect(all?.hint == "bqpull query 'SELECT * FROM `p.d.t`' --into FILE")
        var some = try pull(transport)
        some.columns = ["n", "b"]
        some.maximumRows = 5
        let error = await #expect(throws: BigQueryError.self) { try await some.run(into: MemorySink()) }
        #expect(error?.hint == "bqpull query 'SELECT `n`, `b` FROM `p.d.t` LIMIT 5' --into FILE")
        #expect(transport.requests.count == 2)
    }

    @Test(arguments: ["SNAPSHOT", "TABLE_OF_THE_FUTURE"]) func otherKindsAreRead(type: String) async throws {
        let sink = MemorySink()
        _ = try await pull(service([Page(values: [0, 1, 2, 3])], of: [Description(type: type)]), pageRows: 4).run(
            into: sink)
        #expect(sink.values.count == 4)
    }

    @Test func columnsThatCannotBeReadAreRefusedBeforeTheFirstPage() async throws {
        let fine = #"{"name":"at","type":"TIMESTAMP","timestampPrecision":"12"}"#
        let transport = service([], of: [Description(column: fine)])
        let error = await #expect(throws: PullError.self) { try await pull(transport).run(into: MemorySink()) }
        #expect(error?.code == .unsupportedColumn)
        #expect(error?.hint?.contains("--columns") == true && error?.hint?.contains("CAST(at AS STRING)") == true)
        var unknown = try pull(transport)
        unknown.columns = ["ta"]
        let other = await #expect(throws: BigQueryError.self) { try await unknown.run(into: MemorySink()) }
        #expect(other?.code == .invalidRequest && other?.message.contains("\"ta\"") == true)
        #expect(transport.requests.allSatisfy { !$0.isForRows })
    }

    /// The service counts the rows of a streaming buffer late or never, and may send them all the same.
    @Test(arguments: [([0, 1, 2, 3], nil), ([0, 1, 2, 3, 4], nil), ([0, 1, 2], "inconsistentResult")])
    func rowsOfAStreamingBufferMayComeOrNot(values: [Int], error: String?) async throws {
        let table = Description(more: #","streamingBuffer":{"estimatedRows":"9"}"#)
        let sink = MemorySink()
        let reading = try pull(service([Page(values: values, total: 0)], of: [table]), pageRows: 10)
        if let error {
            let thrown = await #expect(throws: PullError.self) { try await reading.run(into: sink) }
            #expect(thrown?.code.description == error)
        } else {
            let report = try await reading.run(into: sink)
            #expect(sink.values.count == values.count)
            #expect(report.warnings.first?.message.contains("rows are being streamed into the table p.d.t") == true)
        }
    }

    @Test(arguments: [(3, 3), (4, 4), (9, 4)]) func noMoreRowsAreAskedForThanWanted(limit: Int64, rows: Int)
        async throws
    {
        let sink = MemorySink()
        let asked = Mutex<[Int]>([])
        let transport = ScriptedTransport { request in
            guard request.isForRows else { return Description().reply }
            let count = Int(request.url.firstMatch(of: /maxResults=(\d+)/)?.output.1 ?? "") ?? 0
            let first = asked.withLock { asked in
                defer { asked.append(count) }
                return asked.reduce(0, +)
            }
            let next = min(first + count, 4)
            return Page(values: Array(first..<next), token: next < 4 ? "\(next)" : nil).reply
        }
        var pull = try pull(transport)
        pull.maximumRows = limit
        let report = try await pull.run(into: sink)
        #expect(report.rowsCopied == Int64(rows) && sink.values == (0..<rows).map { .integer(Int64($0)) })
        #expect(asked.withLock { $0 } == (limit == 3 ? [2, 1] : [2, 2]))
    }

    @Test func aPageThatIsTooLargeIsHalvedOnce() async throws {
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

    /// While a page is written the next one is fetched, and no other; none if the memory is for one only.
    @Test(arguments: [(96_000_000, 2), (1, 1)]) func onePageIsFetchedAhead(memory: Int, most: Int) async throws {
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

/// Notes at each page how many have been fetched that were not delivered before it.
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
        // One that should not come gets some time to come.
        for _ in 0..<100 { await Task.yield() }
        counts.withLock { $0.append(fetched() - delivered) }
    }

    func finish() {}
}

extension HTTPRequest {
    /// Whether it asks for rows of a table.
    fileprivate var isForRows: Bool { url.contains("/data?") }
}
