import BigQuery
import BigQueryPull
import Foundation
import SQLiteStaging

/// Pulls the rows that are new or changed since the last run into a table, once a day:
///
///     15 6 * * * DailyJob /var/lib/flights/staging.db
///
/// It can run at any time, any number of times. The load's mark, the highest `time_hour` in the database, is where the
/// next run starts. The next run continues an interrupted one. Of two simultaneous runs, the second one ends with an
/// error.
///
/// With two days, it pulls the flights from the first day to the day before the second one again:
///
///     DailyJob /var/lib/flights/staging.db 2013-01-01 2013-01-04
@main
struct DailyJob {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 1 || arguments.count == 3 else {
            fail("usage: DailyJob DATABASE [FIRST-DAY END-DAY]", status: EX_USAGE)
        }
        do {
            let environment = ProcessInfo.processInfo.environment
            let report = try await withBigQueryClient(
                credential: .file(environment["BQPULL_CREDENTIALS"] ?? "credentials.json"),
                endpoint: environment["BIGQUERY_EMULATOR_HOST"]
            ) { client in
                if arguments.count == 1 { return try await pullNewFlights(into: arguments[0], client: client) }
                return try await pullFlights(
                    from: arguments[1], until: arguments[2], into: arguments[0], client: client)
            }
            for warning in report.warnings { write("warning: \(warning)") }
            print(summary(of: report))
        } catch let error as any CodedError {
            fail(error.message, status: error.isTransient ? EX_TEMPFAIL : EX_UNAVAILABLE)
        } catch {
            fail("\(error)", status: EX_SOFTWARE)
        }
    }

    /// Adds the flights that are not in the table yet, and updates those that have changed.
    ///
    /// The first run pulls all flights; later runs read again from two days before the mark, for late corrections.
    static func pullNewFlights(into path: String, client: BigQueryClient) async throws -> PullReport {
        var pull = flights(client)
        pull.lookback = .duration(.seconds(2 * 24 * 3600))
        return try await pull.stage(into: target(path))
    }

    /// Pulls the flights from the first day to the day before the end again.
    static func pullFlights(
        from firstDay: String, until endDay: String, into path: String, client: BigQueryClient
    ) async throws -> PullReport {
        var pull = flights(client)
        pull.since = .value(firstDay)
        pull.until = endDay
        return try await pull.stage(into: target(path))
    }

    /// The load. With an explicit name, it continues at its mark when a new version of this program changes the query.
    private static func flights(_ client: BigQueryClient) -> QueryPull {
        var pull = QueryPull(
            "SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM nycflights.flights", client: client)
        pull.incrementalColumn = "time_hour"
        pull.load = "flights"
        return pull
    }

    /// With the key, a row that is read again stays one row, and a corrected flight replaces its earlier version.
    private static func target(_ path: String) -> StagingTarget {
        StagingTarget(
            path: path, table: "flights", ifExists: .upsert, key: ["carrier", "flight", "origin", "time_hour"],
            indexes: [["origin"]])
    }

    private static func summary(of report: PullReport) -> String {
        let (new, changed) = (report.rowsInserted ?? 0, report.rowsUpdated ?? 0)
        return "\(new) new rows, \(changed) changed, up to \(report.load?.mark ?? "no flight")"
    }

    /// Exits with a status that reports whether a retry can succeed.
    private static func fail(_ message: String, status: Int32) -> Never {
        write("error: \(message)")
        exit(status)
    }

    private static func write(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
