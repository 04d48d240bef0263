import BigQuery
import BigQueryPull
import Connecting
import Foundation

/// Writes a query's result into a CSV file: `CSVExport 'SELECT …' FILE`.
@main
struct CSVExport {
    static func main() async throws {
        guard CommandLine.arguments.count == 3 else {
            print("usage: CSVExport SQL FILE")
            exit(EX_USAGE)
        }
        let report = try await BigQueryClient.with(environment: ProcessInfo.processInfo.environment) { client in
            try await export(CommandLine.arguments[1], to: CommandLine.arguments[2], client: client)
        }
        print("\(report.rowsCopied) rows in \(report.pages) pages")
    }

    /// Runs a query and writes its rows.
    static func export(_ sql: String, to path: String, client: BigQueryClient) async throws -> PullReport {
        var pull = QueryPull(QueryRequest(sql), client: client)
        // What is read ahead of the file at most; pages of about 1 MB.
        pull.limits.memory = 32_000_000
        pull.limits.pageBytes = 1_000_000
        return try await pull.run(into: CSVSink(path: path))
    }
}
