import BigQueryEmulator
import GRDB
import Testing

@testable import DailyJob

@Suite struct DailyJobTests {
    private static let header = "carrier,flight,origin,dest,dep_delay,time_hour\n"
    private static let monday = """
        UA,1545,EWR,IAH,2,2013-01-01T10:00:00Z
        AA,1141,JFK,MIA,,2013-01-01T11:00:00Z

        """
    private static let tuesday = "B6,725,JFK,BQN,-1,2013-01-02T10:00:00Z\n"

    @Test func eachRunPullsNewRows() async throws {
        try await FlightsEmulator.with(flights: Self.header + Self.monday) { bigQuery in
            let file = bigQuery.file("staging.db")
            func run() async throws -> Int64 {
                try await DailyJob.pullNewFlights(into: file, client: bigQuery.client).rowsCopied
            }
            #expect(try await run() == 2)
            #expect(try await run() == 0)
            try await bigQuery.replaceFlights(with: Self.header + Self.monday + Self.tuesday)
            #expect(try await run() == 1)
            let flights = try await DatabaseQueue(path: file).read { db in
                try Int.fetchAll(db, sql: "SELECT flight FROM flights ORDER BY time_hour")
            }
            #expect(flights == [1545, 1141, 725])
        }
    }

    @Test func aTransientErrorIsRetried() async throws {
        let faults = FaultPlan(["bigquery.jobs.getQueryResults": [try FaultInstruction("return-503")]])
        try await FlightsEmulator.with(flights: Self.header + Self.monday, faults: faults) { bigQuery in
            let report = try await DailyJob.pullNewFlights(into: bigQuery.file("staging.db"), client: bigQuery.client)
            #expect(report.rowsCopied == 2)
            #expect(report.retries == 1)
        }
    }
}
