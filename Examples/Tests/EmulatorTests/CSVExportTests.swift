import Foundation
import Testing

@testable import CSVExport

@Suite struct CSVExportTests {
    private static let flights = #"""
        carrier,flight,dest,dep_delay
        UA,1545,"Houston, ""Bush"" Airport",2.5
        AA,1141,Miami,

        """#

    @Test func quotesFields() async throws {
        try await FlightsEmulator.with(flights: Self.flights) { bigQuery in
            let file = bigQuery.file("flights.csv.out")
            let sql = "SELECT dest, flight, dep_delay, '' AS remark FROM nycflights.flights ORDER BY flight DESC"
            let report = try await CSVExport.export(sql, to: file, client: bigQuery.client)
            #expect(report.rowsCopied == 2)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(
                text == "dest,flight,dep_delay,remark\n"
                    + "\"Houston, \"\"Bush\"\" Airport\",1545,2.5,\"\"\n"
                    + "Miami,1141,,\"\"\n")
        }
    }

    @Test func aFailedPullLeavesNoFile() async throws {
        try await FlightsEmulator.with(flights: Self.flights) { bigQuery in
            let file = bigQuery.file("flights.csv.out")
            await #expect(throws: (any Error).self) {
                try await CSVExport.export("SELECT nothing FROM nycflights.flights", to: file, client: bigQuery.client)
            }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
