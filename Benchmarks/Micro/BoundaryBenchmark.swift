import BigQueryRows
import Foundation
import SQLiteStaging

/// Measures an incremental append, which compares its rows with those published earlier, and a plain append of the same
/// rows.
///
/// Both append to a copy of the same table, whose last rows they read again, followed by as many new ones.
struct BoundaryBenchmark: Sendable {
    /// The rows in the table.
    private let rowCount: Int
    /// The rows that are in the table and are read again.
    private let overlap: Int
    private let rounds: Int

    /// Creates the benchmark of the arguments `boundary ROWS OVERLAP ROUNDS`; `nil` for other arguments.
    init?(_ arguments: [String]) {
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        guard arguments.count == 4, arguments[0] == "boundary", numbers.count == 3, numbers.allSatisfy({ $0 > 0 }),
            numbers[1] <= numbers[0], numbers[0] < 100_000_000
        else { return nil }
        (rowCount, overlap, rounds) = (numbers[0], numbers[1], numbers[2])
    }

    /// Prints one JSON object for each append: the variant, the seconds of its publication, and the seconds from opening
    /// the database to closing it.
    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "boundary-benchmark-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(at: folder) }
        let base = folder.appending(path: "base.db").path
        _ = try await append(0..<rowCount, to: base, Self.intent("base", isIncremental: true, from: nil))
        // The first round warms up.
        for round in 0...rounds {
            for isIncremental in [false, true] {
                let copy = folder.appending(path: "copy-\(round)-\(isIncremental).db").path
                try FileManager.default.copyItem(atPath: base, toPath: copy)
                // Otherwise the kernel writes the copy during the append.
                sync()
                let first = rowCount - overlap
                let intent = Self.intent("\(round)", isIncremental: isIncremental, from: first)
                let used = try await append(first..<(rowCount + overlap), to: copy, intent)
                precondition(used.inserted == (isIncremental ? overlap : 2 * overlap), "\(used.inserted) rows inserted")
                try FileManager.default.removeItem(atPath: copy)
                guard round > 0 else { continue }
                let variant = isIncremental ? "incremental" : "plain"
                print(
                    #"{"round":\#(round),"variant":"\#(variant)","publication":\#(used.publication / .seconds(1)),"#
                        + #""total":\#(used.total / .seconds(1))}"#)
            }
        }
    }

    private static let schema = TableSchema(fields: [
        .init(name: "id", type: .int64), .init(name: "changed_at", type: .timestamp),
        .init(name: "device", type: .int64), .init(name: "station", type: .int64),
        .init(name: "temperature", type: .float64), .init(name: "humidity", type: .float64),
        .init(name: "cost", type: .numeric), .init(name: "note", type: .string),
    ])

    private static let pageRows = 20_000
    /// 2024-01-01; each row is two seconds later.
    private static let start = 1_704_067_200

    private static func intent(_ runID: String, isIncremental: Bool, from first: Int?) -> StagingIntent {
        let bound = first.flatMap {
            IncrementalValue(Date(timeIntervalSince1970: Double(start + 2 * $0)), type: .timestamp)
        }
        let range = IncrementalRange(
            column: "changed_at", type: .timestamp, lowerBound: bound, includesNulls: first == nil)
        return StagingIntent(
            runID: runID, command: "sample", incrementalColumn: isIncremental ? "changed_at" : nil,
            load: isIncremental ? LoadIntent(name: "sample", parameters: "[]", range: range) : nil,
            project: "local-project", jobID: nil, sql: "", configuration: "{}", schema: schema,
            toolVersion: "benchmark", startedAt: Date(timeIntervalSince1970: 0))
    }

    private func append(
        _ range: Range<Int>, to file: String, _ intent: StagingIntent
    ) async throws -> (inserted: Int, publication: Duration, total: Duration) {
        let pages = try Self.pages(range)
        let clock = ContinuousClock()
        let start = clock.now
        let database = try await StagingDatabase.open(StagingTarget(path: file, table: "sample", ifExists: .append))
        let run = try await database.begin(intent)
        try await run.begin(Self.schema)
        for page in pages { try await run.append(page) }
        let publication = try await clock.measure { try await run.finish() }
        try await database.close()
        return (Int(run.outcome?.rows.inserted ?? 0), publication, clock.now - start)
    }

    /// The pages of some rows; a row depends on its number only.
    private static func pages(_ range: Range<Int>) throws -> [RowPage] {
        try stride(from: range.lowerBound, to: range.upperBound, by: pageRows).map { first in
            let numbers = first..<min(first + pageRows, range.upperBound)
            let rows = numbers.map { number in
                let mixed = UInt64(number) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let values = [
                    "\(number)", "\((start + 2 * number) * 1_000_000)", "\(mixed >> 40)", "\(mixed % 5000)",
                    "\(Double(mixed % 6000) / 100)", "\(Double(mixed >> 33) / 7)", "\(mixed % 100_000).25",
                    ["degree Celsius", "kilopascal", "lux", "metre per second"][number % 4],
                ]
                return "{\"f\":[" + values.map { "{\"v\":\"\($0)\"}" }.joined(separator: ",") + "]}"
            }
            let json = Array("{\"jobComplete\":true,\"rows\":[\(rows.joined(separator: ","))]}".utf8)
            return try PageDecoder(schema: schema, rowCount: numbers.count).decode(
                InflatedBody(bytes: json, wireByteCount: 0), firstRow: Int64(first - range.lowerBound)
            ).rows
        }
    }
}
