// A pull in ten lines: a query of BigQuery becomes the table `flights` of staging.db.
import BigQueryPull
import Foundation
import SQLiteStaging

let environment = ProcessInfo.processInfo.environment
let credential = CredentialSource.file(environment["BQPULL_CREDENTIALS"] ?? "credentials.json")
try await withBigQueryClient(credential: credential, endpoint: environment["BIGQUERY_EMULATOR_HOST"]) { client in
    let pull = QueryPull("SELECT carrier, flight, origin, dest, time_hour FROM nycflights.flights", client: client)
    let report = try await pull.stage(into: StagingTarget(path: "staging.db", table: "flights"))
    print("\(report.rowsCopied) rows")
}
