// A pull in ten lines: a query of BigQuery becomes the table `flights` of staging.db.
import BigQuery
import BigQueryPull
import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import SQLiteStaging

let environment = ProcessInfo.processInfo.environment
let transport = HTTPSTransport(userAgent: "ten-lines/1.0", logger: Logger(label: "ten-lines"))
let credential = try AuthorizedUserCredential(contentsOfFile: environment["BQPULL_CREDENTIALS"] ?? "credentials.json")
let tokens = credential.tokenProvider(TokenContext(transport: transport))
let endpoint = try environment["BIGQUERY_EMULATOR_HOST"].map { try HTTPEndpoint($0) }
let configuration = try BigQueryConfiguration(project: credential.quotaProjectID ?? "my-project", endpoint: endpoint)
let client = BigQueryClient(configuration, tokens: tokens, transport: transport)
let query = QueryRequest("SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM nycflights.flights")
let report = try await QueryPull(query, client: client).stage(into: StagingTarget(path: "staging.db", table: "flights"))
print("\(report.rowsCopied) rows")
