import BigQuery
import BigQueryPull
import Connecting
import Foundation
import GoogleOAuth
import SQLiteStaging

/// Brings what is new since the last run into a table, once a day:
///
///     15 6 * * * DailyJob /var/lib/flights/staging.db
///
/// It may be run at any time and any number of times. Nothing is remembered outside the database: the highest
/// `time_hour` in it is where the next run begins. A run that was interrupted is continued by the next one, and of two
/// at the same time the second gives up.
@main
struct DailyJob {
    static func main() async {
        guard CommandLine.arguments.count == 2 else { fail("usage: DailyJob DATABASE", status: EX_USAGE) }
        do {
            let report = try await BigQueryClient.with(environment: ProcessInfo.processInfo.environment) { client in
                try await pullNewFlights(into: CommandLine.arguments[1], client: client)
            }
            for warning in report.warnings { write("warning: \(warning)") }
            print("\(report.rowsCopied) new rows")
        } catch let error as StagingError {
            fail(error.message, status: error.isTransient ? EX_TEMPFAIL : EX_CANTCREAT)
        } catch let error as BigQueryError {
            fail(error.message, status: error.isTransient ? EX_TEMPFAIL : EX_UNAVAILABLE)
        } catch let error as OAuthError {
            fail(error.message, status: error.isTransient ? EX_TEMPFAIL : EX_NOPERM)
        } catch {
            fail("\(error)", status: EX_SOFTWARE)
        }
    }

    /// Adds the flights that are not in the table yet.
    ///
    /// The key makes a row that comes twice one row, so that a correction of a flight can never double it.
    static func pullNewFlights(into path: String, client: BigQueryClient) async throws -> PullReport {
        var pull = QueryPull(
            QueryRequest("SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM nycflights.flights"),
            client: client)
        pull.incrementalColumn = "time_hour"
        return try await pull.stage(
            into: StagingTarget(
                path: path, table: "flights", ifExists: .upsert, key: ["carrier", "flight", "origin", "time_hour"],
                indexes: [["origin"]]))
    }

    /// Ends with a status that tells a scheduler whether another attempt makes sense.
    private static func fail(_ message: String, status: Int32) -> Never {
        write("error: \(message)")
        exit(status)
    }

    private static func write(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
