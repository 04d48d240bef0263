import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct ResultLifetimeTests {
    private static let sql = "SELECT trip_id FROM bench.trips_3"

    @Test func expiresAnAnonymousResult() async throws {
        try await TableFolder.with([:], resultLifetime: .zero) { client, _ in
            _ = try await client.insert(Self.sql, id: "gone")
            let response = try await client.send(.get, "queries/gone")
            #expect(response.status == 404)
            #expect(try response.json().string("error.errors.0.reason") == "notFound")
            let message = try response.json().string("error.message") ?? ""
            #expect(message.contains(/^Not found: Table local-project:_[0-9a-f]+\.anon[0-9a-f]+$/))
            let job = try await client.get("jobs/gone")
            #expect(job.string("status.state") == "DONE")
            #expect(job.at("status.errorResult") == nil)
            let table = job.string("configuration.query.destinationTable.tableId") ?? ""
            let dataset = job.string("configuration.query.destinationTable.datasetId") ?? ""
            for path in ["", "/data"] {
                #expect(try await client.send(.get, "datasets/\(dataset)/tables/\(table)\(path)").status == 404)
            }
        }
    }

    @Test func keepsTheResultUntilItExpires() async throws {
        try await TableFolder.with([:], resultLifetime: .seconds(3600)) { client, _ in
            for _ in 0..<2 {
                #expect(try await client.results(Self.sql).cells.count == 3)
            }
            let job = try await client.insert(Self.sql, id: "kept")
            _ = try await client.get("queries/kept")
            let path = "datasets/_f0e5d7a1b2c3946875aa/tables/"
            let table = try await client.get(
                path + (job.string("configuration.query.destinationTable.tableId") ?? ""))
            let times = ["creationTime", "expirationTime"].compactMap { table.string($0).flatMap(Int64.init) }
            #expect(times.count == 2 && times[1] - times[0] == 3_600_000)
        }
    }

    @Test func doesNotReuseAnExpiredResult() async throws {
        try await TableFolder.with([:], resultLifetime: .zero) { client, _ in
            for id in ["first", "second"] {
                _ = try await client.insert(Self.sql, id: id)
                _ = try await client.send(.get, "queries/\(id)")
            }
            #expect(try await client.get("jobs/second").at("statistics.query.cacheHit") == false)
        }
    }

    @Test func keepsADestinationTable() async throws {
        try await TableFolder.with(["d.t.csv": "id\n1\n"], resultLifetime: .zero) { client, _ in
            let result = try await client.results(
                Self.sql, "", ["destinationTable": ["datasetId": "d", "tableId": "copy"]])
            #expect(result.cells.count == 3)
            #expect(try await client.get("datasets/d/tables/copy/data").cells.count == 3)
        }
    }

    @Test func countsSentRows() async throws {
        try await withClient { client in
            _ = try await client.insert(Self.sql, id: "three")
            _ = try await client.get("queries/three?maxResults=2")
            _ = try await client.get("queries/three?startIndex=2")
            _ = try await client.get("queries/three?maxResults=0")
            #expect(client.emulator.server.counters.rows == 3)
            _ = try await client.get("datasets/bench/tables/trips_10/data?maxResults=4")
            #expect(client.emulator.server.counters.rows == 7)
            _ = try await client.post(
                "queries", ["query": .string(Self.sql), "useLegacySql": false, "timeoutMs": 200_000])
            #expect(client.emulator.server.counters.rows == 10)
        }
    }
}
