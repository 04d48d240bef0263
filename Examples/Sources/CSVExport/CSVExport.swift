import BigQuery
import BigQueryPull
import Foundation
import RowFormats

/// Writes a query's result to a CSV file: `CSVExport 'SELECT …' FILE`.
@main
struct CSVExport {
    static func main() async throws {
        guard CommandLine.arguments.count == 3 else {
            print("usage: CSVExport SQL FILE")
            exit(EX_USAGE)
        }
        let environment = ProcessInfo.processInfo.environment
        let report = try await withBigQueryClient(
            credential: .file(environment["BQPULL_CREDENTIALS"] ?? "credentials.json"),
            endpoint: environment["BIGQUERY_EMULATOR_HOST"]
        ) { client in
            try await export(CommandLine.arguments[1], to: CommandLine.arguments[2], client: client)
        }
        print("\(report.rowsCopied) rows in \(report.pages) pages")
    }

    /// Runs a query and writes its rows.
    static func export(_ sql: String, to path: String, client: BigQueryClient) async throws -> PullReport {
        var pull = QueryPull(sql, client: client)
        pull.limits.memory = 32_000_000
        return try await pull.run(into: EncodedRowSink(CSVEncoder(), path: path))
    }
}
