import HTTPTypes
import Synchronization
import Testing

@testable import BigQueryEmulator

@Suite struct PageCacheTests {
    private static func headers(gzip: Bool) -> HTTPFields {
        gzip ? [.acceptEncoding: "gzip", .userAgent: "client (gzip)"] : [:]
    }

    private static func configuration(cacheBytes: Int?, pageBytes: Int? = nil) -> EmulatorConfiguration {
        var configuration = EmulatorConfiguration(pageBytes: pageBytes, requiresAuthorization: false)
        configuration.pageCacheBytes = cacheBytes
        return configuration
    }

    /// Returns the response without its etag, which depends on the time.
    private func content(_ client: APIClient, _ path: String, gzip: Bool) async throws -> [UInt8] {
        let response = try await client.send(.get, path, headers: Self.headers(gzip: gzip))
        #expect(response.status == 200)
        #expect(response.headers[.contentEncoding] == (gzip ? "gzip" : nil))
        #expect(response.headers[.contentLength].map { $0 == "\(response.bytes.count)" } ?? true)
        let bytes = try gzip ? response.inflated() : response.bytes
        let head = String(decoding: bytes.prefix(300), as: UTF8.self).replacing(/"etag": ?"[^"]*"/, with: "")
        return Array(head.utf8) + bytes.dropFirst(300)
    }

    private static let forms = [
        "", "&prettyPrint=false", "&prettyPrint=false&fields=rows,pageToken", "&fields=jobComplete,rows",
        "&prettyPrint=false&fields=kind,totalRows", "&prettyPrint=false&formatOptions.useInt64Timestamp=true",
        "&formatOptions.timestampOutputFormat=ISO8601_STRING",
    ]

    @Test(arguments: ["nested", "numbers", "texts", "trips"], forms)
    func smallResponsesMatchUncachedOnes(shape: String, form: String) async throws {
        let pages = ["", "startIndex=5&maxResults=5", "startIndex=55", "maxResults=0"]
        try await withBoth(pageBytes: 8000) { plain, cached in
            for client in [plain, cached] {
                _ = try await client.insert("SELECT * FROM bench.\(shape)_60", id: "whole")
                _ = try await client.insert("SELECT * FROM bench.\(shape)_900 LIMIT 60", id: "part")
                _ = try await client.insert("SELECT * FROM bench.\(shape)_0", id: "empty")
            }
            for source in ["queries/whole", "datasets/bench/tables/\(shape)_60/data", "queries/part"] {
                for path in pages.map({ "\(source)?\($0)\(form)" }) + ["queries/empty?\(form)"] {
                    try await compare(plain, cached, path)
                }
            }
        }
    }

    @Test(arguments: ["true", "false"])
    func largeResponsesMatchUncachedOnes(prettyPrint: String) async throws {
        try await withBoth { plain, cached in
            try await compare(plain, cached, "datasets/bench/tables/trips_1200/data?prettyPrint=\(prettyPrint)")
        }
    }

    private func withBoth(
        pageBytes: Int? = nil,
        _ body: @escaping @Sendable (_ plain: APIClient, _ cached: APIClient) async throws -> Void
    ) async throws {
        try await withClient(Self.configuration(cacheBytes: nil, pageBytes: pageBytes)) { plain in
            try await withClient(Self.configuration(cacheBytes: 1 << 26, pageBytes: pageBytes)) { cached in
                try await body(plain, cached)
            }
        }
    }

    private func compare(_ plain: APIClient, _ cached: APIClient, _ path: String) async throws {
        for gzip in [true, false] {
            let expected = try await content(plain, path, gzip: gzip)
            for _ in 0..<2 {
                let isTheSame = try await content(cached, path, gzip: gzip) == expected
                #expect(isTheSame, "\(path)")
            }
        }
    }

    /// The requests after `queries/first?maxResults=9&prettyPrint=false` with gzip, and whether they encode rows again.
    @Test(arguments: [
        ("queries/first?maxResults=9&prettyPrint=false", true, 1),
        ("queries/first?maxResults=9&prettyPrint=false&startIndex=0&fields=rows", true, 1),
        ("queries/second?maxResults=9&prettyPrint=false", true, 1),
        ("queries/nine?prettyPrint=false", true, 1),
        ("datasets/bench/tables/trips_5000/data?maxResults=9&prettyPrint=false", true, 1),
        ("queries/first?maxResults=0", true, 1),
        ("queries/first?maxResults=9&prettyPrint=false", false, 2),
        ("queries/first?maxResults=9", true, 2),
        ("queries/first?maxResults=9&prettyPrint=false&formatOptions.useInt64Timestamp=true", true, 2),
        ("queries/first?maxResults=8&prettyPrint=false", true, 2),
        ("queries/first?maxResults=9&prettyPrint=false&startIndex=1", true, 2),
        ("datasets/bench/tables/trips_40/data?maxResults=9&prettyPrint=false&selectedFields=note", true, 2),
        ("datasets/bench/tables/numbers_40/data?maxResults=9&prettyPrint=false", true, 2),
        ("queries/stored?maxResults=9&prettyPrint=false", true, 2),
    ])
    func encodesTheSameRowsOnce(path: String, gzip: Bool, encodings: Int) async throws {
        // The default size limits of table pages and result pages differ, and so do their cache keys.
        try await withClient(Self.configuration(cacheBytes: 1 << 26, pageBytes: 100_000)) { client in
            _ = try await client.insert("SELECT * FROM bench.trips_40", id: "first")
            _ = try await client.insert("SELECT * FROM bench.trips_40 LIMIT 30", id: "second")
            _ = try await client.insert("SELECT * FROM bench.trips_40 LIMIT 9", id: "nine")
            _ = try await client.insert("SELECT * FROM bench.trips_40 ORDER BY 1", id: "stored")
            let counters = { client.emulator.server.counters }
            _ = try await content(client, "queries/first?maxResults=9&prettyPrint=false", gzip: true)
            #expect(counters().encodedPages == 1)
            let rows = path.contains("maxResults=0") ? 0 : path.contains("maxResults=8") ? 8 : 9
            for _ in 0..<2 { _ = try await content(client, path, gzip: gzip) }
            #expect(counters().encodedPages == encodings)
            #expect(counters().rows == 9 + 2 * rows)
            #expect(counters().firstRows.count == 3)
        }
    }

    @Test func encodesEveryPageWithoutACache() async throws {
        try await withClient(Self.configuration(cacheBytes: nil)) { client in
            for _ in 0..<3 { _ = try await client.get("datasets/bench/tables/trips_5/data") }
            #expect(client.emulator.server.counters.encodedPages == 3)
        }
    }
}

extension PageCacheTests {
    /// Requests pages from a cache, and records the pages that were prepared.
    private final class Reader: Sendable {
        let cache: PageCache
        private let prepared = Mutex<[Int64]>([])
        private static let form = ResponseForm(isPretty: false, usesGzip: false)

        init(cacheBytes: Int) {
            cache = PageCache(byteLimit: cacheBytes)
        }

        /// The first rows of the pages prepared since the last call.
        func takePrepared() -> [Int64] {
            prepared.withLock { prepared in
                defer { prepared = [] }
                return prepared
            }
        }

        var requestCount: Int { cache.requestCount }

        /// Reads the page that begins at a row, with this size in bytes.
        func read(
            _ start: Int64, byteCount: Int, byteLimit: Int = .max, after gate: Latch? = nil,
            failure: ServiceError? = nil
        ) async throws {
            let table = try #require(GeneratedTable(name: "trips_1000"))
            let selection = RowSelection(
                source: table, start: start, rowLimit: 1, byteLimit: byteLimit, timestamps: .microseconds)
            let rows = try await cache.rows(for: PageCache.Key(selection, form: Self.form)) {
                self.prepared.withLock { $0.append(start) }
                await gate?.wait(timeout: .seconds(60))
                if let failure { throw failure }
                let json = [UInt8](repeating: UInt8(ascii: "1"), count: byteCount)
                return try await PreparedRows(EncodedRows(rowCount: 1, json: json), form: Self.form)
            }
            #expect(rows.byteCount == byteCount)
        }
    }

    @Test func evictsTheLeastRecentlyUsedPage() async throws {
        let reader = Reader(cacheBytes: 100)
        for start in [0, 1, 0, 2] as [Int64] { try await reader.read(start, byteCount: 40) }
        #expect(reader.takePrepared() == [0, 1, 2])
        for start in [0, 2] as [Int64] { try await reader.read(start, byteCount: 40) }
        #expect(reader.takePrepared() == [])
        try await reader.read(1, byteCount: 40)
        try await reader.read(2, byteCount: 40)
        #expect(reader.takePrepared() == [1])
        try await reader.read(0, byteCount: 40)
        #expect(reader.takePrepared() == [0])
    }

    @Test func evictsSeveralPagesForALargeOne() async throws {
        let reader = Reader(cacheBytes: 100)
        for start in [0, 1, 2, 3] as [Int64] { try await reader.read(start, byteCount: 25) }
        try await reader.read(4, byteCount: 75)
        #expect(reader.takePrepared() == [0, 1, 2, 3, 4])
        for start in [4, 3] as [Int64] { try await reader.read(start, byteCount: start == 4 ? 75 : 25) }
        #expect(reader.takePrepared() == [])
        for start in [0, 1, 2] as [Int64] { try await reader.read(start, byteCount: 25) }
        #expect(reader.takePrepared() == [0, 1, 2])
    }

    @Test func doesNotCacheAnOversizedPage() async throws {
        let reader = Reader(cacheBytes: 100)
        try await reader.read(0, byteCount: 100)
        for _ in 0..<2 { try await reader.read(1, byteCount: 101) }
        try await reader.read(0, byteCount: 100)
        #expect(reader.takePrepared() == [0, 1, 1])
    }

    @Test func preparesAPageOnceForConcurrentRequests() async throws {
        let reader = Reader(cacheBytes: 100)
        let gate = Latch()
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await reader.read(0, byteCount: 50, after: gate) } }
            // A later request would find the page in the cache.
            while reader.requestCount < 20 { await Task.yield() }
            gate.open()
            try await group.waitForAll()
        }
        #expect(reader.takePrepared() == [0])
    }

    @Test func distinguishesByteLimits() async throws {
        let reader = Reader(cacheBytes: 100)
        for limit in [1, 2, 1] { try await reader.read(0, byteCount: 10, byteLimit: limit) }
        #expect(reader.takePrepared() == [0, 0])
    }

    @Test func retriesAfterAFailure() async throws {
        let reader = Reader(cacheBytes: 100)
        let failure = ServiceError(.internalError, "no rows")
        await #expect(throws: ServiceError.self) { try await reader.read(0, byteCount: 50, failure: failure) }
        for _ in 0..<2 { try await reader.read(0, byteCount: 50) }
        #expect(reader.takePrepared() == [0, 0])
    }
}
