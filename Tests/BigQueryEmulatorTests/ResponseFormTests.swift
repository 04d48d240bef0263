import Foundation
import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct ResponseFormTests {
    @Test func indentsByDefault() async throws {
        try await withClient { client in
            let pretty = try await client.send(.get, "datasets/bench/tables/trips_3/data")
            let compact = try await client.send(.get, "datasets/bench/tables/trips_3/data?prettyPrint=false")
            #expect(!compact.bytes.contains(0x0A))
            #expect(
                String(decoding: pretty.bytes, as: UTF8.self).hasPrefix("{\n  \"kind\": \"bigquery#tableDataList\",\n"))
            #expect(try pretty.json() == compact.json())
            let judge = try [pretty, compact].map {
                try JSONSerialization.jsonObject(with: Data($0.bytes)) as? NSDictionary
            }
            #expect(judge[0] != nil && judge[0] == judge[1])
        }
    }

    @Test func setsTheContentType() async throws {
        try await withClient { client in
            let response = try await client.send(.get, "datasets/bench?alt=json&key=anything&prettyPrint=false")
            #expect(response.status == 200)
            #expect(response.headers[.contentType] == "application/json; charset=UTF-8")
            #expect(response.headers[.contentLength] == String(response.bytes.count))
        }
    }

    @Test(
        arguments: [
            (nil, nil, false), ("gzip", nil, false), (nil, "client (gzip)", false),
            ("identity", "client (gzip)", false),
            ("gzip", "client", false), ("gzip", "client (gzip)", true), ("gzip, deflate", "GZIP client", true),
        ] as [(String?, String?, Bool)])
    func compressesOnlyIfBothHeadersAllowIt(encoding: String?, agent: String?, isCompressed: Bool) async throws {
        try await withClient { client in
            var headers = HTTPFields()
            headers[.acceptEncoding] = encoding
            headers[.userAgent] = agent
            let path = "datasets/bench/tables/trips_2000/data?prettyPrint=false"
            let plain = try await client.send(.get, path)
            let response = try await client.send(.get, path, headers: headers)
            #expect(response.headers[.contentEncoding] == (isCompressed ? "gzip" : nil))
            #expect(try (isCompressed ? response.inflated() : response.bytes) == plain.bytes)
            #expect((response.bytes.count < plain.bytes.count / 2) == isCompressed)
        }
    }

    @Test(arguments: [
        ("kind", ["kind"]), ("kind,numRows", ["kind", "numRows"]),
        ("tableReference/tableId", ["tableReference(tableId)"]),
        ("tableReference(tableId,datasetId),type", ["tableReference(datasetId,tableId)", "type"]),
        ("tableReference/tableId,tableReference/datasetId", ["tableReference(datasetId,tableId)"]),
        ("schema/fields/name", ["schema(fields)"]), ("nothing", []), ("kind,kind", ["kind"]),
    ])
    func appliesTheFieldMask(mask: String, expected: [String]) async throws {
        try await withClient { client in
            let response = try await client.get("datasets/bench/tables/trips_1?fields=\(mask)")
            let names = response.members.map { member in
                member.value.object.map { "\(member.name)(\($0.members.map(\.name).joined(separator: ",")))" }
                    ?? member.name
            }
            #expect(names == expected)
            if mask == "schema/fields/name" {
                #expect(response.at("schema.fields.0")?.object?.members.map(\.name) == ["name"])
            }
        }
    }

    @Test func keepsWholeRows() async throws {
        try await withClient { client in
            let mask = "jobReference,totalRows,pageToken,rows"
            let page = try await client.results("SELECT trip_id FROM bench.trips_3", "maxResults=1&fields=\(mask)")
            #expect(page.members.map(\.name) == ["jobReference", "totalRows", "pageToken", "rows"])
            #expect(page.cells == [["0"]])
            let cells = try await client.results("SELECT trip_id FROM bench.trips_3", "fields=rows(f/v)")
            #expect(cells.cells == [["0"], ["1"], ["2"]])
        }
    }

    @Test(arguments: ["a(", "a(b", "a)", "a//b", ",a", "a,", "(a)", "a/"])
    func rejectsAnInvalidFieldMask(mask: String) async throws {
        try await withClient { client in
            let response = try await client.send(.get, "datasets/bench?fields=\(mask)")
            #expect(response.status == 400)
            #expect(try response.json().string("error.errors.0.location") == "fields")
        }
    }

    @Test(arguments: ["/", "/bigquery/v2", "/bigquery/v2/projects/local-project/nothing", "/bigquery/v2/nothing"])
    func respondsToUnknownPathsInTheAPIsForm(path: String) async throws {
        try await withClient { client in
            let response = try await client.send(.get, path)
            #expect(response.status == 404)
            #expect(try response.json().string("error.errors.0.reason") == "notFound")
            #expect(try response.json().string("error.status") == "NOT_FOUND")
        }
    }

    @Test func resolvesPercentEscapesInPaths() async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT 1", id: "a-b")
            #expect(try await client.send(.get, "jobs/a%2Db").status == 200)
        }
    }

    @Test(arguments: [
        ("datasets/none", "Not found: Dataset local-project:none"),
        ("datasets/bench/tables/none", "Not found: Table local-project:bench.none"),
        ("datasets/bench/tables/trips_01", "Not found: Table local-project:bench.trips_01"),
        ("datasets/none/tables/t/data", "Not found: Table local-project:none.t"),
        ("jobs/none", "Not found: Job local-project:none"),
        ("queries/none?location=US", "Not found: Job local-project:US.none"),
    ])
    func namesTheMissingResource(path: String, message: String) async throws {
        try await withClient { client in
            let response = try await client.send(.get, path)
            #expect(response.status == 404)
            #expect(try response.json().string("error.message") == message)
        }
    }

    @Test func delaysEveryResponse() async throws {
        let configuration = EmulatorConfiguration(latency: .milliseconds(60), requiresAuthorization: false)
        try await withClient(configuration) { client in
            let time = try await ContinuousClock().measure { _ = try await client.get("datasets/bench") }
            #expect(time >= .milliseconds(60))
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("queries/job", true), ("queries/job?maxResults=1", true), ("datasets/bench/tables/trips_3/data", true),
            ("queries/job?maxResults=0", false), ("queries/job?fields=totalRows", false), ("queries/none", false),
            ("queries/empty", false), ("jobs/job", false), ("datasets/bench/tables/trips_3", false),
        ])
    func appliesPageLatencyOnlyToRows(path: String, waits: Bool) async throws {
        // Longer than any response takes; the test does not wait for its end.
        let configuration = EmulatorConfiguration(pageLatency: .seconds(3600), requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT * FROM bench.trips_3", id: "job")
            _ = try await client.insert("SELECT * FROM bench.trips_0", id: "empty")
            guard waits else {
                _ = try await client.send(.get, path)
                return
            }
            try await withThrowingTaskGroup { group in
                group.addTask { try await client.send(.get, path).status }
                group.addTask {
                    try await client.emulator.server.waitForCounters { $0.rows > 0 }
                    // Without the latency, the response would arrive before these.
                    for _ in 0..<20 { _ = try await client.send(.get, "jobs/job") }
                    return 0
                }
                let first = try await group.next()
                #expect(first == 0)
                group.cancelAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func delaysPagesConcurrently() async throws {
        let configuration = EmulatorConfiguration(pageLatency: .seconds(3600), requiresAuthorization: false)
        try await withClient(configuration) { client in
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await client.get("datasets/bench/tables/trips_3/data") } }
                // No response has arrived yet, and all requests are waiting.
                try await client.emulator.server.waitForCounters { $0.rows == 60 }
                group.cancelAll()
            }
        }
    }
}
