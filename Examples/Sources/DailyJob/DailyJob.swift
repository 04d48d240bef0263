import BigQuery
import BigQueryPull
import Foundation
import SQLiteStaging

/// Pulls the rows that are new since the last run into a table, once a day:
///
///     15 6 * * * DailyJob /var/lib/flights/staging.db
///
/// It can run at any time, any number of times. The highest `time_hour` in the database is where the next run starts.
/// The next run continues an interrupted one. Of two simultaneous runs, the second one ends with an error.
@main
struct DailyJob {
    static func main() async {
        guard CommandLine.arguments.count == 2 else { fail("usage: DailyJob DATABASE", status: EX_USAGE) }
        do {
            let environment = ProcessInfo.processInfo.environment
            let report = try await withBigQueryClient(
                credential: .file(environment["BQPULL_CREDENTIALS"] ?? "credentials.json"),
                endpoint: environment["BIGQUERY_EMULATOR_HOST"]
            ) { client in
                try await pullNewFlights(into: CommandLine.arguments[1], client: client)
            }
            for warning in report.warnings { write("warning: \(warning)") }
            print("\(report.rowsCopied) new rows")
        } catch let error as any CodedError {
            fail(error.message, status: error.isTransient ? EX_TEMPFAIL : EX_UNAVAILABLE)
        } catch {
            fail("\(error)", status: EX_SOFTWARE)
        }
    }

    /// Adds the flights that are not in the table yet.
    ///
    /// With the key, a row that arrives twice stays one row, and a corrected flight replaces its earlier version.
    static func pullNewFlights(into path: String, client: BigQueryClient) async throws -> PullReport {
        var pull = QueryPull(
            "SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM nycflights.flights", client: client)
        pull.incrementalColumn = "time_hour"
        return try await pull.stage(
            into: StagingTarget(
                path: path, table: "flights", ifExists: .upsert, key: ["carrier", "flight", "origin", "time_hour"],
                indexes: [["origin"]]))
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
