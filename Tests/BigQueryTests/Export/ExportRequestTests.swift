import BigQuery
import Foundation
import GoogleHTTP
import TestSupport
import Testing

/// The request for an export, and the state of its job.
@Suite struct ExportRequestTests {
    private static let table = TableReference(project: "p", dataset: "d", table: "t$20240131")
    private static let reference = JobReference(projectID: "demo", jobID: "job_1")

    private static func job(
        state: String = "DONE", uri: String = "gs://my-bucket/a-*.avro",
        statistics: String = #""extract":{"destinationUriFileCounts":["2","3"],"inputBytes":"77"}"#
    ) -> ScriptedTransport.Reply {
        .answer(
            200,
            #"""
            {"jobReference":{"projectId":"demo","jobId":"job_1","location":"EU"},"status":{"state":"\#(state)"},
             "configuration":{"extract":{"sourceTable":{"projectId":"p","datasetId":"d","tableId":"t$20240131"},
             "destinationUris":["\#(uri)"]}},"statistics":{\#(statistics)}}
            """#)
    }

    @Test(
        arguments: [
            ("a-*.parquet", .zstd, "PARQUET", "ZSTD", [:]),
            ("a-*.avro", .snappy, "AVRO", "SNAPPY", ["useAvroLogicalTypes": true]),
            ("a-*.csv.gz", nil, "CSV", "GZIP", ["printHeader": true]),
            ("a-*.jsonl", nil, "NEWLINE_DELIMITED_JSON", "NONE", [:]),
        ] as [(String, ExportCompression?, String, String, [String: Bool])])
    func sendsExtractJob(
        name: String, compression: ExportCompression?, format: String, sent: String, more: [String: Bool]
    ) async throws {
        let transport = ScriptedTransport([Self.job()])
        let destination = try ExportDestination(uri: "gs://my-bucket/\(name)", compression: compression)
        var request = ExtractRequest(Self.table, to: destination)
        request.labels = ["team": "data"]
        _ = try await scriptedClient(transport).insertJob(request, as: Self.reference)
        var extract: [String: Any] = [
            "sourceTable": ["projectId": "p", "datasetId": "d", "tableId": "t$20240131"],
            "destinationUris": ["gs://my-bucket/\(name)"], "destinationFormat": format, "compression": sent,
        ]
        extract.merge(more) { $1 }
        let expected: NSDictionary = [
            "jobReference": ["projectId": "demo", "jobId": "job_1"],
            "configuration": ["labels": ["team": "data"], "extract": extract] as NSDictionary,
        ]
        #expect(try json(try #require(transport.requests.first)) == expected)
    }

    @Test(
        arguments: [
            ("a-*.parquet", .gzip, "format = 'PARQUET', overwrite = true, compression = 'GZIP'"),
            ("a-*.avro", nil, "format = 'AVRO', overwrite = true, use_avro_logical_types = true"),
            ("a-*.csv", nil, "format = 'CSV', overwrite = true, header = true"),
            ("a-*.jsonl", nil, "format = 'JSON', overwrite = true"),
        ] as [(String, ExportCompression?, String)])
    func wrapsQuery(name: String, compression: ExportCompression?, options: String) throws {
        var query = QueryRequest("SELECT 1 AS x; -- that is all")
        query.parameters = ["x": 1]
        query.labels = ["team": "data"]
        let destination = try ExportDestination(uri: "gs://my-bucket/\(name)", compression: compression)
        let statement = try query.exporting(to: destination, overwriting: true)
        #expect(
            statement.sql == """
                EXPORT DATA OPTIONS (uri = 'gs://my-bucket/\(name)', \(options)) AS
                SELECT 1 AS x; -- that is all
                """)
        #expect(statement.parameters == query.parameters)
        #expect(statement.labels == query.labels)
    }

    /// A name cannot end its literal.
    @Test func quotesURI() throws {
        let destination = try ExportDestination(uri: #"gs://my-bucket/it's\-*.csv"#)
        let statement = try QueryRequest("SELECT 1").exporting(to: destination, overwriting: false)
        #expect(statement.sql.hasPrefix(#"EXPORT DATA OPTIONS (uri = 'gs://my-bucket/it\'s\\-*.csv', format"#))
    }

    @Test func rejectsUnsupportedQueries() throws {
        let several = try ExportDestination(uri: "gs://my-bucket/a-*.csv")
        let single = try ExportDestination(uri: "gs://my-bucket/a.csv")
        var legacy = QueryRequest("SELECT 1")
        legacy.useLegacySQL = true
        for (query, destination, mention) in [(legacy, several, "legacy"), (QueryRequest("SELECT 1"), single, "no *")] {
            let error = #expect(throws: BigQueryError.self) {
                try query.exporting(to: destination, overwriting: false)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains(mention) == true)
        }
    }

    @Test func waitsForExtractJob() async throws {
        let unknown = refusal(404, "notFound")
        let transport = ScriptedTransport([
            unknown, Self.job(state: "PENDING"), Self.job(state: "RUNNING"), Self.job(state: "RUNNING"), Self.job(),
        ])
        let clock = ManualClock()
        var states: [Job.State] = []
        let job = try await scriptedClient(transport, clock: clock).waitForJob(Self.reference) {
            states.append($0.state)
        }
        #expect(states == [.pending, .running, .running])
        #expect(job.exported?.files == 5)
        #expect(job.exported?.rows == nil)
        #expect(job.exported?.bytes == 77)
        // The first wait is that of a retry.
        let pauses = clock.slept.dropFirst()
        #expect(Array(pauses) == pauses.sorted() && pauses.count == 3)
    }

    @Test func readsStatisticsOfStatement() async throws {
        let statistics =
            #""query":{"statementType":"EXPORT_DATA","exportDataStatistics":{"fileCount":"3","rowCount":"42"}}"#
        let job = try await scriptedClient(ScriptedTransport([Self.job(statistics: statistics)])).fetchJob(
            Self.reference)
        #expect(job.exported?.files == 3)
        #expect(job.exported?.rows == 42)
        #expect(job.exported?.bytes == nil)
    }

    @Test(arguments: [("gs://my-bucket/a-*.avro", nil), ("gs://my-bucket/b-*.avro", BigQueryError.Code.foreignJob)])
    func attachesOnlyToTheSameJob(uri: String, code: BigQueryError.Code?) async throws {
        let transport = ScriptedTransport([
            refusal(409, "duplicate", "Already Exists: Job demo:EU.job_1"), Self.job(uri: uri),
        ])
        let client = try scriptedClient(transport)
        let request = ExtractRequest(Self.table, to: try ExportDestination(uri: "gs://my-bucket/a-*.avro"))
        do {
            let job = try await client.insertJob(request, as: Self.reference)
            #expect(code == nil)
            #expect(job.reference.location == "EU")
        } catch let error as BigQueryError {
            #expect(error.code == code)
        }
        #expect(transport.requests.last?.url.contains("location=EU") == true)
    }
}
