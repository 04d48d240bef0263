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
        let code: PullError.Code
        let detail: PullError.Detail?
        let change: @Sendable (inout QueryPull, inout StagingTarget) -> Void

        init(
            _ testDescription: String, _ code: PullError.Code = .notIncremental, _ detail: PullError.Detail? = nil,
            _ change: @escaping @Sendable (inout QueryPull, inout StagingTarget) -> Void
        ) {
            self.testDescription = testDescription
            self.code = code
            self.detail = detail
            self.change = change
        }

        /// An option that needs an incremental column.
        static func withoutColumn(
            _ option: String, _ change: @escaping @Sendable (inout QueryPull) -> Void
        ) -> Misuse {
            Misuse("\(option) without a column", .notIncremental, .noIncrementalColumn) { pull, _ in
                pull.incrementalColumn = nil
                change(&pull)
            }
        }

        /// An option that a query with the watermark in it cannot have.
        static func withWatermark(
            _ option: String, _ change: @escaping @Sendable (inout QueryPull, inout StagingTarget) -> Void
        ) -> Misuse {
            Misuse("\(option) with the watermark in the query") { pull, target in
                pull.query.sql = watermarkQuery
                change(&pull, &target)
            }
        }
    }

    private static let watermarkQuery = "SELECT * FROM shop.orders WHERE id >= @bqpull_watermark"

    static let misuses: [Misuse] = [
        .withoutColumn("since") { $0.since = .beginning },
        .withoutColumn("until") { $0.until = "5" },
        .withoutColumn("a lookback") { $0.lookback = .number(5) },
        .withoutColumn("a count") { $0.countsNulls = true },
        .withoutColumn("the watermark") { $0.query.sql = watermarkQuery },
        Misuse("a load column without a load") { pull, target in
            pull.incrementalColumn = nil
            target.loadColumn = "load"
        },
        Misuse("a column outside the key", .notIncremental, .missingKeyColumn("id")) { _, target in
            target.ifExists = .deleteInsert
            target.key = ["day"]
        },
        .withWatermark("until") { pull, _ in pull.until = "5" },
        .withWatermark("a count") { pull, _ in pull.countsNulls = true },
        .withWatermark("delete-insert") { _, target in
            target.ifExists = .deleteInsert
            target.key = ["id"]
        },
        Misuse("since of no type", .invalidBound) { pull, _ in pull.since = .value("yesterday") },
        Misuse("until of no type", .invalidBound) { pull, _ in pull.until = "" },
        Misuse("a negative number", .invalidBound) { pull, _ in pull.lookback = .number(-1) },
        Misuse("a negative duration", .invalidBound) { pull, _ in pull.lookback = .duration(.seconds(-1)) },
    ]

    @Test func aDeclaredParameterOfAPlainPullCanHaveTheName() async throws {
        try await Shop.with([Shop.row(1), Shop.row(2)]) { shop in
            var pull = shop.incremental("id")
            pull.incrementalColumn = nil
            pull.query = QueryRequest(Self.watermarkQuery, parameters: ["bqpull_watermark": 2])
            let report = try await pull.stage(into: shop.target)
            #expect(report.rowsCopied == 1)
        }
    }

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
