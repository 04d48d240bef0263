import BigQuery
import BigQueryEmulator
import BigQueryPull
import SQLiteStaging
import TestSupport
import Testing

/// Options that no database and no result makes valid.
@Suite struct LoadOptionsTests {
    struct Misuse: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout QueryPull, inout StagingTarget) -> Void
        var code = PullError.Code.notIncremental
        var detail: PullError.Detail?
    }

    private static let watermarkQuery = "SELECT * FROM shop.orders WHERE id >= @bqpull_watermark"

    static let misuses = [
        Misuse(
            testDescription: "since without a column",
            change: { pull, _ in
                pull.incrementalColumn = nil
                pull.since = .beginning
            }),
        Misuse(
            testDescription: "until without a column",
            change: { pull, _ in
                pull.incrementalColumn = nil
                pull.until = "5"
            }),
        Misuse(
            testDescription: "a lookback without a column",
            change: { pull, _ in
                pull.incrementalColumn = nil
                pull.lookback = .number(5)
            }),
        Misuse(
            testDescription: "a count without a column",
            change: { pull, _ in
                pull.incrementalColumn = nil
                pull.countsNulls = true
            }),
        Misuse(
            testDescription: "a load column without a load",
            change: { pull, target in
                pull.incrementalColumn = nil
                target.loadColumn = "load"
            }),
        Misuse(
            testDescription: "a column outside the key",
            change: { _, target in
                target.ifExists = .deleteInsert
                target.key = ["day"]
            }, detail: .missingKeyColumn("id")),
        Misuse(
            testDescription: "until with the watermark in the query",
            change: { pull, _ in
                pull.query.sql = watermarkQuery
                pull.until = "5"
            }),
        Misuse(
            testDescription: "a count with the watermark in the query",
            change: { pull, _ in
                pull.query.sql = watermarkQuery
                pull.countsNulls = true
            }),
        Misuse(
            testDescription: "delete-insert with the watermark in the query",
            change: { pull, target in
                pull.query.sql = watermarkQuery
                target.ifExists = .deleteInsert
                target.key = ["id"]
            }),
        Misuse(
            testDescription: "since of no type", change: { pull, _ in pull.since = .value("yesterday") },
            code: .invalidBound),
        Misuse(
            testDescription: "until of no type", change: { pull, _ in pull.until = "" }, code: .invalidBound),
        Misuse(
            testDescription: "a negative number", change: { pull, _ in pull.lookback = .number(-1) },
            code: .invalidBound),
        Misuse(
            testDescription: "a negative duration", change: { pull, _ in pull.lookback = .duration(.seconds(-1)) },
            code: .invalidBound),
    ]

    @Test(arguments: misuses) func rejectsMisuseBeforeTheFirstRequest(_ misuse: Misuse) async throws {
        try await Shop.with([Shop.row(1)]) { shop in
            var (pull, target) = (shop.incremental("id"), shop.target)
            misuse.change(&pull, &target)
            for isEstimate in [true, false] {
                let error = await #expect(throws: PullError.self) {
                    if isEstimate {
                        _ = try await pull.estimate(into: target)
                    } else {
                        _ = try await pull.stage(into: target)
                    }
                }
                #expect(error?.code == misuse.code, "\(error?.message ?? "")")
                #expect(error?.detail == misuse.detail)
            }
            #expect(shop.fixture.emulator.counters.requests.isEmpty)
        }
    }

    @Test(arguments: ["", "a\0b"]) func rejectsAnInvalidName(name: String) async throws {
        try await Shop.with([Shop.row(1)]) { shop in
            let error = await #expect(throws: StagingError.self) { try await shop.pull("id") { $0.load = name } }
            #expect(error?.code == .invalidName)
            #expect(shop.fixture.emulator.counters.requests.isEmpty)
        }
    }
}
