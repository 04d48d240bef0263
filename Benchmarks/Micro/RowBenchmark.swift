import BigQueryRows
import Dispatch
import Foundation
import SQLiteStaging
import Synchronization

/// Puts one page through one stage a number of times: `RowBenchmark STAGE SHAPE TIMES`.
///
/// It measures nothing itself. What a page costs is the difference between two repeat counts, as
/// valgrind counts instructions and allocations for `Benchmarks/counts.sh`.
///
/// `RowBenchmark boundary ROWS OVERLAP ROUNDS` measures incremental appends for `Benchmarks/boundary.sh` instead.
@main
enum RowBenchmark {
    private enum Stage: String, CaseIterable {
        /// Gzip to JSON.
        case inflate
        /// JSON to cells, all of them taken as text.
        case scan
        /// JSON to cells of their types: what it takes longer than a scan is converting.
        case convert
        /// Cells to a table.
        case insert
    }

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        if let boundary = BoundaryBenchmark(Array(arguments)) {
            return try waiting { try await boundary.run() }
        }
        guard arguments.count == 3, let stage = arguments.first.flatMap(Stage.init),
            let shape = SamplePage.Shape(rawValue: arguments.dropFirst().first ?? ""),
            let times = arguments.last.flatMap({ Int($0) })
        else {
            let stages = Stage.allCases.map(\.rawValue).joined(separator: "|")
            let shapes = SamplePage.Shape.allCases.map(\.rawValue).joined(separator: "|")
            let usage =
                "usage: RowBenchmark \(stages) \(shapes) TIMES\n   or: RowBenchmark boundary ROWS OVERLAP ROUNDS\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
        let page = SamplePage(shape)
        switch stage {
        case .inflate: try inflate(page, times)
        case .scan: try decode(page.json, page.schema.asTexts, times)
        case .convert: try decode(page.json, page.schema, times)
        case .insert: try waiting { try await insert(page, times) }
        }
    }

    /// Waits for something on the main thread: valgrind does not live through an asynchronous `main`.
    private static func waiting(_ body: @escaping @Sendable () async throws -> Void) throws {
        let end = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Void, any Error>>(.success(()))
        Task.detached {
            do { try await body() } catch { result.withLock { $0 = .failure(error) } }
            end.signal()
        }
        end.wait()
        try result.withLock { $0 }.get()
    }

    private static func inflate(_ page: SamplePage, _ times: Int) throws {
        let wire = page.gzip
        let memory = PageMemory()
        for _ in 0..<times {
            var body = try PageBody(contentEncoding: "gzip", memory: memory, rowCount: SamplePage.rowCount)
            for start in stride(from: 0, to: wire.count, by: 16 << 10) {
                try wire[start..<min(start + 16 << 10, wire.count)].withUnsafeBytes { try body.receive($0) }
            }
            let inflated = try body.finish()
            precondition(inflated.bytes.count == page.json.count)
            memory.recycle(RowPage(firstRow: 0, columnCount: 0, bytes: inflated.bytes, cells: []))
        }
    }

    private static func decode(_ json: [UInt8], _ schema: TableSchema, _ times: Int) throws {
        let memory = PageMemory()
        for _ in 0..<times {
            // Decoding writes where the text is, so that every time takes a copy.
            var body = try PageBody(contentEncoding: nil, memory: memory, rowCount: SamplePage.rowCount)
            try json.withUnsafeBytes { try body.receive($0) }
            let page = try PageDecoder(schema: schema, memory: memory, rowCount: SamplePage.rowCount)
                .decode(try body.finish(), firstRow: 0)
            precondition(page.rows.rowCount == SamplePage.rowCount)
            memory.recycle(page.rows)
        }
    }

    private static func insert(_ page: SamplePage, _ times: Int) async throws {
        let decoded = try PageDecoder(schema: page.schema)
            .decode(InflatedBody(bytes: page.json, wireByteCount: 0), firstRow: 0).rows
        let file = FileManager.default.temporaryDirectory.appending(path: "row-benchmark-\(getpid()).db").path
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(atPath: file) }
        let database = try await StagingDatabase.open(StagingTarget(path: file, table: "sample"))
        let run = try await database.begin(
            StagingIntent(
                runID: "sample", command: "sample", project: "local-project", jobID: nil, sql: "", configuration: "{}",
                schema: page.schema, toolVersion: "benchmark", startedAt: Date(timeIntervalSince1970: 0)))
        try await run.begin(page.schema)
        for number in 0..<times {
            try await run.append(
                RowPage(
                    firstRow: Int64(number * SamplePage.rowCount), columnCount: decoded.columnCount,
                    bytes: decoded.bytes, cells: decoded.cells))
        }
        try await run.finish()
        try await database.close()
    }
}

extension TableSchema {
    /// The same columns, without anything to convert.
    fileprivate var asTexts: TableSchema {
        TableSchema(
            fields: fields.map {
                $0.mode == .repeated || $0.type == .structure ? $0 : .init(name: $0.name, type: .string)
            })
    }
}
