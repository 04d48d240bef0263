import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import SQLiteStaging
import TestSupport
import Testing

/// Sends query parameters to the emulator, whose reader of them shares no code with the client.
@Suite struct ParameterizedQueryTests {
    private func pull(_ query: QueryRequest) async throws -> [CellValue] {
        try await EmulatorFixture.with { fixture in
            let sink = MemorySink()
            _ = try await QueryPull(query, client: fixture.client).run(into: sink)
            return sink.values
        }
    }

    @Test(
        arguments: [
            (.int64(.max), .integer(.max)), (.float64(-.infinity), .double(-.infinity)),
            (.float64(.nan), .text("NaN")), (0.1, .double(0.1)), (true, .integer(1)), ("it's", .text("it's")),
            (.bytes([0xFF, 0x00]), .blob([0xFF, 0x00])), (.numeric("-1.10"), .text("-1.10")),
            (.date("2024-01-31"), .text("2024-01-31")), (.time("03:04:05.000006"), .text("03:04:05.000006")),
            (.datetime("2024-01-31T03:04:05"), .text("2024-01-31T03:04:05")),
            (.timestamp(Date(timeIntervalSince1970: -0.5)), .text("1969-12-31T23:59:59.500000Z")),
            (.json("[1]"), .text("[1]")), (.array([3, 1]), .text("[3,1]")),
            (.struct(["b": "x", "a": .null(of: .date)]), .text(#"{"b":"x","a":null}"#)),
            (.null(of: .bignumeric), .null),
        ] as [(ParameterValue, CellValue)])
    func returnsTheValue(value: ParameterValue, expected: CellValue) async throws {
        #expect(try await pull(QueryRequest("SELECT @x AS x", parameters: ["x": value])) == [expected])
    }

    @Test func selectsRows() async throws {
        let byName = QueryRequest(
            "SELECT trip_id FROM bench.trips_5 WHERE trip_id IN UNNEST(@ids) AND trip_id < @end ORDER BY 1",
            parameters: ["ids": .array([1, 3, 4]), "end": 4])
        #expect(try await pull(byName) == [.integer(1), .integer(3)])
        let byPosition = QueryRequest(
            "SELECT trip_id FROM bench.trips_5 WHERE trip_id > ? AND trip_id < ? ORDER BY 1", parameters: [1, 4])
        #expect(try await pull(byPosition) == [.integer(2), .integer(3)])
    }

    /// The dry run of such a query succeeds.
    @Test func rejectsAParameterWithoutAValueBeforeTheJob() async throws {
        try await EmulatorFixture.with { fixture in
            let query = QueryRequest(
                "SELECT trip_id FROM bench.trips_5 WHERE trip_id = @Id AND vendor = @vendor",
                parameters: ["vendor": "x"])
            let file = fixture.folder.file("staging.db")
            let error = await #expect(throws: BigQueryError.self) {
                try await QueryPull(query, client: fixture.client).stage(into: StagingTarget(path: file))
            }
            #expect(error?.code == .queryFailed)
            #expect(error?.message.lowercased().contains("@id has no value") == true)
            #expect(fixture.emulator.counters.jobs == 0)
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
