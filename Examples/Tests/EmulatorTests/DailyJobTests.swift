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

    /// The flights of the table, each with its delay, by time.
    private static func flights(in file: String) async throws -> [String] {
        try await DatabaseQueue(path: file).read { db in
            try String.fetchAll(
                db, sql: "SELECT flight || ' ' || ifnull(dep_delay, 'cancelled') FROM flights ORDER BY time_hour")
        }
    }

    @Test func eachRunPullsNewRows() async throws {
        try await FlightsEmulator.with(flights: Self.header + Self.monday) { bigQuery in
            let file = bigQuery.file("staging.db")
            func run() async throws -> Int64? {
                try await DailyJob.pullNewFlights(into: file, client: bigQuery.client).rowsInserted
            }
            #expect(try await run() == 2)
            #expect(try await run() == 0)
            try await bigQuery.replaceFlights(with: Self.header + Self.monday + Self.tuesday)
            #expect(try await run() == 1)
            #expect(try await Self.flights(in: file) == ["1545 2", "1141 cancelled", "725 -1"])
        }
    }

    @Test func aLateCorrectionIsPulled() async throws {
        try await FlightsEmulator.with(flights: Self.header + Self.monday + Self.tuesday) { bigQuery in
            let file = bigQuery.file("staging.db")
            let first = try await DailyJob.pullNewFlights(into: file, client: bigQuery.client)
            #expect(first.load?.mark == "2013-01-02T10:00:00.000000Z")
            let corrected = Self.monday.replacing("MIA,,", with: "MIA,40,")
            try await bigQuery.replaceFlights(with: Self.header + corrected + Self.tuesday)
            let second = try await DailyJob.pullNewFlights(into: file, client: bigQuery.client)
            #expect(second.rowsInserted == 0)
            #expect(second.rowsUpdated == 1)
            #expect(second.load?.mark == first.load?.mark)
            #expect(try await Self.flights(in: file) == ["1545 2", "1141 40", "725 -1"])
        }
    }

    @Test func aRangeIsPulledAgain() async throws {
        let friday = "UA,1,EWR,IAH,0,2013-01-05T10:00:00Z\n"
        try await FlightsEmulator.with(flights: Self.header + Self.monday + friday) { bigQuery in
            let file = bigQuery.file("staging.db")
            let first = try await DailyJob.pullNewFlights(into: file, client: bigQuery.client)
            // Older than the lookback of a nightly run.
            let corrected = Self.monday.replacing("IAH,2,", with: "IAH,7,")
            try await bigQuery.replaceFlights(with: Self.header + corrected + Self.tuesday + friday)
            #expect(try await DailyJob.pullNewFlights(into: file, client: bigQuery.client).rowsUpdated == 0)
            let range = try await DailyJob.pullFlights(
                from: "2013-01-01", until: "2013-01-03", into: file, client: bigQuery.client)
            #expect(range.rowsRead == 3)
            #expect(range.rowsInserted == 1)
            #expect(range.rowsUpdated == 1)
            #expect(range.load?.mark == first.load?.mark)
            #expect(try await Self.flights(in: file) == ["1545 7", "1141 cancelled", "725 -1", "1 0"])
        }
    }

    @Test func aTransientErrorIsRetried() async throws {
        let faults = FaultPlan(["bigquery.jobs.getQueryResults": [try FaultInstruction("return-503")]])
        try await FlightsEmulator.with(flights: Self.header + Self.monday, faults: faults) { bigQuery in
            let report = try await DailyJob.pullNewFlights(into: bigQuery.file("staging.db"), client: bigQuery.client)
            #expect(report.rowsInserted == 2)
            #expect(report.retries == 1)
        }
    }
}
