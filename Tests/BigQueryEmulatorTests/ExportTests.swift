import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import BigQueryEmulator

/// Exports into the folders of buckets.
@Suite struct ExportTests {
    /// Calls `body` with a client of an emulator with these tables and one bucket, and with the bucket's folder.
    private func withBucket(
        _ files: [String: String] = [:],
        _ body: @escaping @Sendable (APIClient, Bucket) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let bucket = Bucket(url: URL(filePath: folder.file("bucket")))
            try FileManager.default.createDirectory(at: bucket.url, withIntermediateDirectories: true)
            let tables = TableFolder(url: URL(filePath: folder.path))
            for (name, text) in files { try tables.write(name, text) }
            let configuration = EmulatorConfiguration(
                requiresAuthorization: false,
                tables: files.keys.filter { !$0.hasSuffix(".schema.json") }.sorted().map(tables.source),
                buckets: ["b": bucket.url.path])
            try await withClient(configuration) { try await body($0, bucket) }
        }
    }

    struct Bucket: Sendable {
        let url: URL

        var names: [String] {
            // A folder that does not exist has no files.
            let names = try? FileManager.default.subpathsOfDirectory(atPath: url.path)
            return (names ?? []).filter { $0.contains(".") }.sorted()
        }

        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
        }
    }

    private func extract(
        _ client: APIClient, _ table: String, to uri: String = "gs://b/x-*.csv", _ options: JSONObject = [:]
    ) async throws -> JSONObject {
        let parts = table.split(separator: ".").map(String.init)
        var extract: JSONObject = [
            "sourceTable": [
                "projectId": "local-project", "datasetId": .string(parts[0]), "tableId": .string(parts[1]),
            ],
            "destinationUris": [.string(uri)],
        ]
        extract.members += options.members
        return try await done(client, client.post("jobs", ["configuration": ["extract": .object(extract)]]))
    }

    /// Returns the finished job, or the error response to its insertion.
    private func done(_ client: APIClient, _ job: JSONObject) async throws -> JSONObject {
        guard let id = job.string("jobReference.jobId") else { return job }
        let location = job.string("jobReference.location")
        try await client.emulator.server.jobs.job(id, project: "local-project", location: location).completion.wait()
        return try await client.get("jobs/\(id)")
    }

    private static let types = """
        [{"name":"i","type":"INT64"},{"name":"f","type":"FLOAT64"},{"name":"n","type":"NUMERIC"},
         {"name":"b","type":"BOOL"},{"name":"s","type":"STRING"},{"name":"y","type":"BYTES"},
         {"name":"d","type":"DATE"},{"name":"t","type":"TIME"},{"name":"dt","type":"DATETIME"},
         {"name":"ts","type":"TIMESTAMP"},{"name":"j","type":"JSON"}]
        """
    private static let rows = #"""
        {"i":"9223372036854775807","f":1.5,"n":"0.10","b":true,"s":"a,\"b\"\n<&>","y":"AP8=","d":"2024-02-29","t":"01:02:03.5","dt":"2024-02-29T01:02:03","ts":"2024-02-29T01:02:03.000004Z","j":{"k":[1]}}
        {"s":""}
        {"f":"NaN","ts":"1969-12-31T23:59:59Z"}
        """#

    @Test func writesEveryTypeAsCSV() async throws {
        try await withBucket(["d.t.jsonl": Self.rows, "d.t.schema.json": Self.types]) { client, bucket in
            let job = try await extract(client, "d.t")
            #expect(job.at("statistics.extract.destinationUriFileCounts") == ["1"])
            #expect(job.string("configuration.jobType") == "EXTRACT")
            #expect(
                try bucket.text("x-000000000000.csv") == #"""
                    i,f,n,b,s,y,d,t,dt,ts,j
                    9223372036854775807,1.5,0.10,true,"a,""b""
                    <&>",AP8=,2024-02-29,01:02:03.500000,2024-02-29T01:02:03,2024-02-29 01:02:03.000004 UTC,"{""k"":[1]}"
                    ,,,,"",,,,,,
                    ,NaN,,,,,,,,1969-12-31 23:59:59 UTC,

                    """#)
        }
    }

    @Test func writesEveryTypeAsJSONLines() async throws {
        try await withBucket(["d.t.jsonl": Self.rows, "d.t.schema.json": Self.types]) { client, bucket in
            _ = try await extract(client, "d.t", to: "gs://b/x.jsonl", ["destinationFormat": "NEWLINE_DELIMITED_JSON"])
            #expect(
                try bucket.text("x.jsonl") == #"""
                    {"i":"9223372036854775807","f":1.5,"n":"0.10","b":true,"s":"a,\"b\"\n\u003c\u0026\u003e","y":"AP8=","d":"2024-02-29","t":"01:02:03.500000","dt":"2024-02-29T01:02:03","ts":"2024-02-29 01:02:03.000004 UTC","j":{"k":[1]}}
                    {"s":""}
                    {"f":"NaN","ts":"1969-12-31 23:59:59 UTC"}

                    """#)
        }
    }

    @Test func writesNestedValuesAsObjectsAndArrays() async throws {
        let schema = #"""
            [{"name":"a","type":"INT64","mode":"REPEATED"},{"name":"r","type":"RECORD","fields":[
             {"name":"x","type":"INT64"},{"name":"y","type":"STRING"}]}]
            """#
        let rows = #"""
            {"a":[1,2],"r":{"x":1}}
            {}
            """#
        try await withBucket(["d.t.jsonl": rows, "d.t.schema.json": schema]) { client, bucket in
            _ = try await extract(client, "d.t", to: "gs://b/x.jsonl", ["destinationFormat": "NEWLINE_DELIMITED_JSON"])
            #expect(try bucket.text("x.jsonl") == "{\"a\":[\"1\",\"2\"],\"r\":{\"x\":\"1\"}}\n{\"a\":[]}\n")
            let rejected = try await extract(client, "d.t")
            #expect(rejected.string("status.errorResult.message")?.hasSuffix("nested schema. Field: a") == true)
        }
    }

    @Test func writesInShards() async throws {
        try await withBucket { client, bucket in
            let job = try await extract(client, "bench.numbers_20001", to: "gs://b/f/x-*-y.csv")
            #expect(job.at("statistics.extract.destinationUriFileCounts") == ["3"])
            let names = (0..<3).map { "f/x-00000000000\($0)-y.csv" }
            #expect(bucket.names == names)
            let lines = try names.map { try bucket.text($0).split(separator: "\n") }
            #expect(lines.map(\.count) == [10_001, 10_001, 2])
            #expect(Set(lines.map { $0[0] }).count == 1)
            #expect(lines[2][1].hasPrefix("20000,"))
        }
    }

    @Test func compressesReproducibly() async throws {
        try await withBucket(["d.t.csv": "x\n1\n"]) { client, bucket in
            for name in ["a", "b"] {
                _ = try await extract(client, "d.t", to: "gs://b/\(name).csv.gz", ["compression": "GZIP"])
            }
            let bytes = try ["a", "b"].map { [UInt8](try Data(contentsOf: bucket.url.appending(path: "\($0).csv.gz"))) }
            #expect(bytes[0] == bytes[1])
            let response = APIClient.Response(status: 200, headers: [:], bytes: bytes[0])
            #expect(String(decoding: try response.inflated(), as: UTF8.self) == "x\n1\n")
        }
    }

    @Test func appliesDelimiterAndHeaderOptions() async throws {
        try await withBucket(["d.t.csv": "x,y\n\"a;b\",2\n"]) { client, bucket in
            _ = try await extract(client, "d.t", to: "gs://b/x.csv", ["fieldDelimiter": ";", "printHeader": false])
            #expect(try bucket.text("x.csv") == "\"a;b\";2\n")
            _ = try await extract(client, "d.t", to: "gs://b/y.csv", ["fieldDelimiter": "\\t"])
            #expect(try bucket.text("y.csv") == "x\ty\na;b\t2\n")
        }
    }

    @Test func writesOneFileForAnEmptyTable() async throws {
        try await withBucket { client, bucket in
            let job = try await extract(client, "bench.numbers_0")
            #expect(job.at("statistics.extract.destinationUriFileCounts") == ["1"])
            #expect(try bucket.text("x-000000000000.csv").hasPrefix("id,device"))
        }
    }

    @Test func runsAnExportStatement() async throws {
        try await withBucket { client, bucket in
            let sql = "EXPORT DATA OPTIONS (uri='gs://b/q-*.csv', format='csv') AS SELECT @n + 1 AS n; -- end"
            let parameter: JSON = [
                "name": "n", "parameterType": ["type": "INT64"], "parameterValue": ["value": "1"],
            ]
            let settings: JSONObject = ["queryParameters": [parameter]]
            let dryRun = try await client.insert(sql, settings, dryRun: true)
            #expect(dryRun.string("statistics.query.statementType") == "EXPORT_DATA")
            #expect(bucket.names.isEmpty)
            let job = try await done(client, client.insert(sql, settings))
            #expect(job.string("statistics.query.exportDataStatistics.fileCount") == "1")
            #expect(job.string("statistics.query.exportDataStatistics.rowCount") == "1")
            #expect(job.string("statistics.query.statementType") == "EXPORT_DATA")
            // Unlike an extract job, it writes no header by default.
            #expect(try bucket.text("q-000000000000.csv") == "2\n")
            let id = try #require(job.string("jobReference.jobId"))
            let results = try await client.get("queries/\(id)")
            #expect(results["jobComplete"] == true)
            #expect(results["schema"] == nil && results["totalRows"] == nil)
        }
    }

    @Test func statementRequiresAnEmptyDestination() async throws {
        try await withBucket { client, bucket in
            func export(_ prefix: String, _ overwrite: Bool) async throws -> String? {
                let options = "uri='gs://b/\(prefix)*.csv', format='CSV', overwrite=\(overwrite)"
                return try await done(client, client.insert("EXPORT DATA OPTIONS (\(options)) AS SELECT 1 AS n"))
                    .string("status.errorResult.message")
            }
            #expect(try await export("f/q-", false) == nil)
            let error = try await export("f/", false)
            #expect(error?.contains("is not empty") == true)
            #expect(try await export("f/q-", true) == nil)
            #expect(try await export("g/q-", false) == nil)
            #expect(bucket.names.count == 2)
        }
    }

    @Test(
        arguments: [
            ("format='PARQUET', compression='ZSTD'", nil), ("format='AVRO', compression='SNAPPY'", nil),
            ("format='AVRO', use_avro_logical_types=true", nil),
            ("format='AVRO', compression='GZIP'", "Compression GZIP is not supported"),
            ("format='PARQUET', field_delimiter=';'", "Only exports to CSV"),
            ("format='ORC'", "Unsupported export format"), ("format='CSV', colour='red'", "Unknown option: colour"),
            ("format='CSV', uri='gs://b/x.csv'", "must be a wild card URI"),
            ("format='CSV', uri='gs://b/../x-*.csv'", "does not write"),
            ("format='CSV', uri='b/x-*.csv'", "Invalid extract destination"),
        ] as [(String, String?)])
    func validatesStatementOptions(options: String, expectedError: String?) async throws {
        try await withBucket { client, bucket in
            let sql = "EXPORT DATA OPTIONS (uri='gs://b/x-*', \(options)) AS SELECT 1 AS n"
            let job = try await done(client, client.insert(sql))
            if let expectedError {
                #expect(job.string("error.errors.0.reason") == "invalidQuery")
                #expect(job.string("error.message")?.contains(expectedError) == true, "\(job)")
            } else {
                // The options are valid, but the format is not implemented.
                #expect(job.string("status.errorResult.reason") == "notImplemented")
            }
            #expect(bucket.names.isEmpty)
        }
    }

    @Test(
        arguments: [
            ("bench.numbers_1", "gs://none/x-*.csv", [:], "notFound", "gs://none"),
            (
                "bench.numbers_1", "gs://b/x-*.parquet", ["destinationFormat": "PARQUET"], "notImplemented",
                "only CSV and JSON"
            ),
            ("bench.trips_9000000", "gs://b/x.csv", [:], "invalid", "nested"),
            ("bench.numbers_9000000", "gs://b/x.csv", [:], "invalid", "too large to be exported to a single file"),
            ("bench.none_1", "gs://b/x.csv", [:], "notFound", "Not found: Table"),
            ("d.v", "gs://b/x.csv", [:], "invalid", "because it is currently a VIEW"),
            ("bench.numbers_1", "gs://b/*/x-*.csv", [:], "invalid", "Invalid extract destination URI"),
            ("bench.numbers_1", "gs://b/x.csv", ["compression": "SNAPPY"], "invalid", "is not supported"),
            ("bench.numbers_1", "gs://b/x.csv", ["destinationFormat": "ORC"], "invalid", "Invalid destination format"),
        ] as [(String, String, JSONObject, String, String)])
    func rejectsInvalidExtractJobs(
        table: String, uri: String, options: JSONObject, reason: String, mention: String
    ) async throws {
        try await withBucket(["d.v.sql": "SELECT 1 AS x"]) { client, bucket in
            let response = try await extract(client, table, to: uri, options)
            let error = response.at("status.errorResult")?.object ?? response.at("error.errors.0")?.object
            #expect(error?["reason"]?.string == reason, "\(response)")
            #expect(error?["message"]?.string?.contains(mention) == true, "\(response)")
            #expect(bucket.names.isEmpty)
        }
    }

    @Test func reportsAnUnwritableBucketAsAccessDenied() async throws {
        try await withBucket { client, bucket in
            try FileManager.default.removeItem(at: bucket.url)
            try Data().write(to: bucket.url)
            let job = try await extract(client, "bench.numbers_1")
            #expect(job.string("status.errorResult.reason") == "accessDenied")
        }
    }

    @Test func requiresTheFolderOfABucket() throws {
        let configuration = EmulatorConfiguration(buckets: ["b": "/nonexistent"])
        let error = #expect(throws: EmulatorError.self) { try Emulator(configuration: configuration) }
        #expect(error?.message.contains("/nonexistent") == true)
    }

    /// Every file written before the cancellation is complete.
    @Test func cancelledJobLeavesNoPartialFile() async throws {
        try await withBucket { client, bucket in
            let body: JSON = [
                "jobReference": ["jobId": "endless"],
                "configuration": [
                    "extract": [
                        "sourceTable": ["datasetId": "bench", "tableId": "numbers_1000000000000"],
                        "destinationUris": ["gs://b/x-*.csv"],
                    ]
                ],
            ]
            _ = try await client.post("jobs", body)
            try await eventually("two files are written") { bucket.names.count >= 2 }
            _ = try await client.post("jobs/endless/cancel", [:])
            let job = try await done(client, client.get("jobs/endless"))
            #expect(job.string("status.errorResult.reason") == "stopped")
            let names = bucket.names
            for name in names {
                #expect(name.wholeMatch(of: /x-\d{12}\.csv/) != nil)
                #expect(try bucket.text(name).split(separator: "\n").count == 10_001)
            }
            // No file is written later, while another export runs.
            _ = try await extract(client, "bench.numbers_1", to: "gs://b/y.csv")
            #expect(bucket.names == names + ["y.csv"])
        }
    }

    @Test func extractJobHasNoQueryResults() async throws {
        try await withBucket { client, _ in
            let job = try await extract(client, "bench.numbers_1")
            let id = try #require(job.string("jobReference.jobId"))
            #expect(try await client.send(.get, "queries/\(id)").status == 400)
        }
    }
}
