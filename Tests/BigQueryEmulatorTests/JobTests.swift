import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct JobTests {
    @Test func showsTheConfigurationWithItsDefaults() async throws {
        try await withClient { client in
            let body: JSON = [
                "jobReference": ["projectId": "local-project", "jobId": "my-job_1"],
                "configuration": [
                    "labels": ["team": "a"],
                    "query": ["query": "SELECT 1 AS x", "useLegacySql": false, "priority": "BATCH"],
                ],
            ]
            let inserted = try await client.post("jobs", body)
            #expect(inserted.string("jobReference.jobId") == "my-job_1")
            #expect(inserted.string("jobReference.location") == "US")
            _ = try await client.get("queries/my-job_1")
            let job = try await client.get("jobs/my-job_1")
            #expect(job.string("kind") == "bigquery#job")
            #expect(job.string("id") == "local-project:US.my-job_1")
            #expect(job.string("status.state") == "DONE")
            #expect(job.string("configuration.jobType") == "QUERY")
            #expect(job.string("configuration.labels.team") == "a")
            #expect(job.string("configuration.query.priority") == "BATCH")
            #expect(job.at("configuration.query.useLegacySql") == false)
            #expect(job.string("configuration.query.destinationTable.tableId")?.hasPrefix("anon") == true)
            #expect(job.string("statistics.query.statementType") == "SELECT")
            #expect(job.string("statistics.endTime") != nil)
        }
    }

    @Test func namesTheUser() async throws {
        let configuration = EmulatorConfiguration(requiresAuthorization: false, account: "ada@example.com")
        try await withClient(configuration) { client in
            let job = try await client.insert("SELECT 1")
            #expect(job.string("user_email") == "ada@example.com")
        }
    }

    @Test func rejectsADuplicateID() async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT 1", id: "twice")
            let again = try await client.insert("SELECT 2", id: "twice")
            #expect(again.at("error.code") == 409)
            #expect(again.string("error.message") == "Already Exists: Job local-project:US.twice")
            #expect(again.string("error.errors.0.reason") == "duplicate")
            #expect(client.emulator.server.counters.jobs == 1)
        }
    }

    @Test(arguments: ["", "a b", "a.b", "ä", "a/b", String(repeating: "x", count: 1025)])
    func rejectsAnInvalidID(id: String) async throws {
        try await withClient { client in
            let response = try await client.insert("SELECT 1", id: id)
            #expect(response.string("error.errors.0.reason") == "invalid")
        }
    }

    @Test func generatesAnID() async throws {
        try await withClient { client in
            let ids = try await [client.insert("SELECT 1"), client.insert("SELECT 1")].map {
                $0.string("jobReference.jobId")
            }
            #expect(Set(ids).count == 2)
            #expect(ids.allSatisfy { $0?.isEmpty == false })
        }
    }

    @Test func passesThroughAllStates() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(4), requiresAuthorization: false)
        try await withClient(configuration) { client in
            let inserted = try await client.insert("SELECT 1", id: "slow")
            #expect(inserted.string("status.state") == "PENDING")
            let (server, job) = (client.emulator.server, try #require(client.emulator.server.jobs.all.first))
            try await server.waitForCounters { _ in job.phase.name != "PENDING" }
            #expect(try await client.get("jobs/slow").string("status.state") == "RUNNING")
            await job.completion.wait()
            #expect(try await client.get("jobs/slow").string("status.state") == "DONE")
        }
    }

    @Test func respondsIncompleteAfterTheTimeout() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(4), requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT 1", id: "slow")
            let early = try await client.get("queries/slow?timeoutMs=20")
            #expect(early.members.map(\.name) == ["kind", "etag", "jobReference", "jobComplete"])
            #expect(early["jobComplete"] == false)
            let late = try await client.get("queries/slow")
            #expect(late["jobComplete"] == true)
            #expect(late["totalRows"] == "1")
        }
    }

    @Test func runsJobsConcurrently() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(8), requiresAuthorization: false)
        try await withClient(configuration) { client in
            let ids = ["one", "two", "three"]
            for id in ids { _ = try await client.insert("SELECT '\(id)'", id: id) }
            var states: [String?] = []
            repeat {
                states = []
                for id in ids { states.append(try await client.get("jobs/\(id)").string("status.state")) }
            } while states.count { $0 == "RUNNING" } < 2 && states.contains { $0 != "DONE" }
            #expect(states.count { $0 == "RUNNING" } >= 2)
        }
    }

    @Test func cancelsAJob() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(600), requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT 1", id: "endless")
            let response = try await client.post("jobs/endless/cancel", [:])
            #expect(response.string("kind") == "bigquery#jobCancelResponse")
            let results = try await client.send(.get, "queries/endless")
            #expect(results.status == 499)
            #expect(try results.json().string("error.errors.0.reason") == "stopped")
            let job = try await client.get("jobs/endless")
            #expect(job.string("status.state") == "DONE")
            #expect(job.string("status.errorResult.reason") == "stopped")
        }
    }

    @Test func stopsAJobAfterItsTimeout() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(600), requiresAuthorization: false)
        try await withClient(configuration) { client in
            let body: JSON = [
                "jobReference": ["jobId": "late"],
                "configuration": ["jobTimeoutMs": "20", "query": ["query": "SELECT 1", "useLegacySql": false]],
            ]
            _ = try await client.post("jobs", body)
            #expect(try await client.get("queries/late").string("error.errors.0.reason") == "stopped")
        }
    }

    @Test func keepsTheErrorOfAFailedJob() async throws {
        try await withClient { client in
            let sql = "SELECT abs(x) FROM (SELECT -9223372036854775807 - 1 AS x)"
            #expect(try await client.insert(sql, id: "broken").at("error") == nil)
            let results = try await client.send(.get, "queries/broken")
            #expect(results.status == 400)
            #expect(try results.json().string("error.errors.0.reason") == "invalidQuery")
            let job = try await client.send(.get, "jobs/broken")
            #expect(job.status == 200)
            #expect(try job.json().string("status.errorResult.reason") == "invalidQuery")
            #expect(try job.json().string("status.errorResult.location") == "query")
        }
    }

    @Test func enforcesMaximumBytesBilled() async throws {
        try await withClient { client in
            let response = try await client.results(
                "SELECT * FROM bench.trips_10", "", ["maximumBytesBilled": "10485759"])
            #expect(response.string("error.errors.0.reason") == "bytesBilledLimitExceeded")
            let message = "Query exceeded limit for bytes billed: 10485759. 10485760 or higher required."
            #expect(response.string("error.message") == message)
            let enough = try await client.results(
                "SELECT * FROM bench.trips_10", "", ["maximumBytesBilled": "10485760"])
            #expect(enough["totalRows"] == "10")
        }
    }

    @Test func servesTheSameQueryFromTheCache() async throws {
        try await withClient { client in
            let sql = "SELECT count(*) FROM bench.trips_10"
            #expect(try await client.results(sql)["cacheHit"] == false)
            let second = try await client.results(sql)
            #expect(second["cacheHit"] == true)
            #expect(second["totalBytesProcessed"] == "0")
            #expect(second.cells == [["10"]])
            #expect(try await client.results(sql, "", ["useQueryCache": false])["cacheHit"] == false)
            #expect(try await client.results("SELECT count(*), random() FROM bench.trips_10")["cacheHit"] == false)
            #expect(try await client.results("SELECT count(*), random() FROM bench.trips_10")["cacheHit"] == false)
        }
    }

    @Test func keepsTheResultInTheDestinationTable() async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT trip_id FROM bench.trips_5 WHERE trip_id > 2", id: "kept")
            _ = try await client.get("queries/kept")
            let table = try await client.get("jobs/kept").at("configuration.query.destinationTable")?.object
            let dataset = table?.string("datasetId") ?? ""
            let path = "datasets/\(dataset)/tables/\(table?.string("tableId") ?? "")"
            #expect(try await client.get(path)["numRows"] == "2")
            #expect(try await client.get("\(path)/data").cells == [["3"], ["4"]])
        }
    }

    @Test func appliesTheWriteDisposition() async throws {
        try await withClient { client in
            let destination: JSON = ["datasetId": "bench", "tableId": "chosen"]
            for (disposition, reason) in [
                ("WRITE_EMPTY", nil), ("WRITE_EMPTY", "duplicate"), ("WRITE_TRUNCATE", nil),
                ("WRITE_APPEND", "invalid"),
            ] as [(String, String?)] {
                let response = try await client.results(
                    "SELECT * FROM bench.trips_7", "",
                    ["destinationTable": destination, "writeDisposition": .string(disposition)])
                #expect(response.string("error.errors.0.reason") == reason)
            }
            #expect(try await client.results("SELECT max(trip_id) FROM bench.chosen").cells == [["6"]])
            let nowhere: JSON = ["datasetId": "nowhere", "tableId": "t"]
            let response = try await client.results("SELECT 1", "", ["destinationTable": nowhere])
            #expect(response.string("error.message") == "Not found: Dataset local-project:nowhere")
        }
    }

    @Test func rejectsOtherProjects() async throws {
        try await withClient { client in
            let response = try await client.send(.get, "/bigquery/v2/projects/other/jobs/x")
            #expect(response.status == 403)
            #expect(try response.json().string("error.errors.0.reason") == "accessDenied")
        }
    }
}

@Suite struct DryRunTests {
    /// The row count of a generated table can exceed what Int64 can hold in bytes.
    @Test func capsSizesAtInt64Max() async throws {
        try await withClient { client in
            let (rows, few) = (Int64.max, Int64.max / 100)
            let response = try await client.insert(
                "SELECT a.vendor FROM bench.trips_\(rows) AS a, bench.trips_\(few) AS b", id: "dry", dryRun: true)
            #expect(response.string("statistics.totalBytesProcessed") == "\(Int64.max)")
        }
    }

    @Test func returnsSchemaAndBytesWithoutAJob() async throws {
        try await withClient { client in
            let response = try await client.insert(
                "SELECT vendor, count(*) AS n, pickup_at FROM bench.trips_100 GROUP BY 1", id: "dry", dryRun: true)
            #expect(response.at("jobReference")?.object?.members.map(\.name) == ["projectId", "location"])
            #expect(response.string("statistics.query.statementType") == "SELECT")
            #expect(response.string("statistics.totalBytesProcessed") == "33000")
            let schema: JSONObject = ["schema": response.at("statistics.query.schema") ?? .null]
            #expect(schema.columns == ["vendor STRING NULLABLE", "n INTEGER NULLABLE", "pickup_at TIMESTAMP NULLABLE"])
            #expect(try await client.send(.get, "jobs/dry").status == 404)
            #expect(client.emulator.server.counters.jobs == 0)
        }
    }

    @Test(
        arguments: [
            ("SELECT 1", "SELECT"), ("-- c\n# d\n/* e */ select 1;", "SELECT"), ("(SELECT 1)", nil),
            ("WITH a AS (SELECT 1 AS x) SELECT x FROM a", "SELECT"), ("INSERT INTO d.t VALUES (1)", "INSERT"),
            ("UPDATE d.t SET x = 1 WHERE true", "UPDATE"), ("DELETE FROM d.t WHERE true", "DELETE"),
            ("MERGE d.t USING d.s ON false WHEN NOT MATCHED THEN INSERT ROW", "MERGE"),
            ("TRUNCATE TABLE d.t", "TRUNCATE_TABLE"), ("CREATE TABLE d.t (x INT64)", "CREATE_TABLE"),
            ("CREATE OR REPLACE TABLE d.t AS SELECT 1", "CREATE_TABLE_AS_SELECT"),
            ("CREATE TEMP TABLE t AS (SELECT 1)", "CREATE_TABLE_AS_SELECT"),
            ("CREATE VIEW d.v AS SELECT 1", "CREATE_VIEW"),
            ("CREATE MATERIALIZED VIEW d.v AS SELECT 1", "CREATE_MATERIALIZED_VIEW"),
            ("CREATE TEMP FUNCTION f() AS (1)", "CREATE_FUNCTION"), ("CREATE MODEL d.m AS SELECT 1", "CREATE_MODEL"),
            ("DROP TABLE IF EXISTS d.t", "DROP_TABLE"), ("ALTER TABLE d.t ADD COLUMN x INT64", "ALTER_TABLE"),
            ("EXPORT DATA OPTIONS (uri = 'gs://b/x-*', format = 'CSV') AS SELECT 1", "EXPORT_DATA"),
            ("CALL d.p()", "CALL"),
            ("DECLARE x INT64; SELECT x", "SCRIPT"), ("SELECT 1; SELECT 2", "SCRIPT"),
            ("BEGIN SELECT 1; END", "SCRIPT"), ("SLECT 1", nil), ("", nil), ("-- nothing", nil),
        ] as [(String, String?)])
    func returnsTheStatementType(sql: String, type: String?) async throws {
        try await withClient { client in
            let response = try await client.insert(sql, dryRun: true)
            #expect(response.string("statistics.query.statementType") == type)
            #expect((response.at("error") == nil) == (type != nil))
        }
    }

    @Test func hasNoSchemaInLegacySQL() async throws {
        try await withClient { client in
            let body: JSON = ["configuration": ["dryRun": true, "query": ["query": "SELECT 1 AS x"]]]
            let response = try await client.post("jobs", body)
            #expect(response.at("statistics.query.schema") == nil)
            #expect(response.string("statistics.query.statementType") == "SELECT")
        }
    }

    @Test func worksWithJobsQuery() async throws {
        try await withClient { client in
            let response = try await client.post(
                "queries", ["query": "SELECT 1 AS x", "useLegacySql": false, "dryRun": true])
            #expect(response["jobComplete"] == true)
            #expect(response.columns == ["x INTEGER NULLABLE"])
            #expect(response["rows"] == nil)
            #expect(client.emulator.server.counters.jobs == 0)
        }
    }
}
