import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct PagingTests {
    /// Reads all pages by token; returns the first cell of every row, and the sizes of the pages.
    private func readAll(_ client: APIClient, _ path: String, _ parameters: String) async throws -> (
        ids: [String], pages: [Int]
    ) {
        var ids: [String] = []
        var pages: [Int] = []
        var token: String?
        repeat {
            let query = token.map { "&pageToken=\($0.replacing("=", with: "%3D"))" } ?? ""
            let page = try await client.get("\(path)?\(parameters)\(query)")
            ids += page.cells.compactMap { $0.first?.string }
            pages.append(page.cells.count)
            token = page.string("pageToken")
        } while token != nil
        return (ids, pages)
    }

    @Test(arguments: [1, 2, 3, 7, 99, 100, 101, 1000])
    func pagesAddUpToTheResult(maxResults: Int) async throws {
        try await withClient { client in
            let expected = (0..<100).map(String.init)
            _ = try await client.insert("SELECT trip_id, note FROM bench.trips_100 ORDER BY 1", id: "stored")
            _ = try await client.insert("SELECT * FROM bench.trips_100", id: "computed")
            _ = try await client.get("queries/stored")
            for path in ["queries/stored", "queries/computed", "datasets/bench/tables/trips_100/data"] {
                let (ids, pages) = try await readAll(client, path, "maxResults=\(maxResults)")
                #expect(ids == expected)
                #expect(pages.dropLast().allSatisfy { $0 == maxResults })
            }
        }
    }

    @Test(arguments: [1, 8, 15, 16, 17, 500, 100_000])
    func limitsPagesByLogicalBytes(pageBytes: Int) async throws {
        let configuration = EmulatorConfiguration(pageBytes: pageBytes, requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT trip_id FROM bench.trips_50", id: "ids")
            let (ids, pages) = try await readAll(client, "queries/ids", "")
            #expect(ids == (0..<50).map(String.init))
            let rows = min(50, max(1, pageBytes / 8))
            #expect(pages.dropLast().allSatisfy { $0 == rows })
            #expect(pages.last == (50 % rows == 0 ? rows : 50 % rows))
        }
    }

    @Test func computesLogicalBytes() {
        let fields = [
            SchemaField(name: "i", type: .int64), SchemaField(name: "b", type: .bool),
            SchemaField(name: "s", type: .string),
            SchemaField(name: "y", type: .bytes), SchemaField(name: "n", type: .numeric),
            SchemaField(name: "g", type: .bignumeric),
            SchemaField(name: "d", type: .date), SchemaField(name: "l", type: .int64, mode: .repeated),
            SchemaField(
                name: "r", type: .structure,
                fields: [SchemaField(name: "x", type: .string), SchemaField(name: "z", type: .bool)]),
            SchemaField(name: "z", type: .string),
        ]
        let row: [SQLValue] = [
            .integer(1), .bool(true), .text("é"), .bytes([1, 2, 3]), .text("1.5"), .text("1.5"), .text("2013-01-01"),
            .list([.integer(1), .integer(2)]), .structure([.text("ab"), .null]), .null,
        ]
        let size = 8 + 1 + (2 + 2) + (2 + 3) + 16 + 32 + 8 + 2 * 8 + (2 + 2)
        var encoder = RESTRowEncoder(fields: fields, timestamps: .microseconds)
        #expect(encoder.append(row, byteLimit: size - 1) == nil)
        #expect(encoder.append(row, byteLimit: size) == size)
        #expect(encoder.rowCount == 1)
    }

    @Test func usesTheServicesLimitsByDefault() async throws {
        try await withClient { client in
            let rows = Array(repeating: "0", count: 25).joined(separator: ",")
            let sql = "SELECT hex(zeroblob(524287)) AS megabyte FROM json_each('[\(rows)]')"
            _ = try await client.insert(sql, id: "wide")
            let page = try await client.get("queries/wide?fields=pageToken")
            #expect(try PageToken(page.string("pageToken") ?? "", subject: "local-project:US.wide").position == 20)
            let first = try await client.post(
                "queries?fields=queryId,pageToken",
                ["query": .string(sql), "useLegacySql": false, "timeoutMs": 200_000])
            let subject = "local-project:US.\(first.string("queryId") ?? "")"
            #expect(try PageToken(first.string("pageToken") ?? "", subject: subject).position == 10)
        }
    }

    @Test func startsAtAnyRow() async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT trip_id FROM bench.trips_20 ORDER BY 1", id: "twenty")
            for start in [0, 1, 19] {
                let page = try await client.get("queries/twenty?startIndex=\(start)")
                #expect(page.cells == (start..<20).map { [.string(String($0))] })
                #expect(page["totalRows"] == "20")
            }
            for start in ["20", "21", "9223372036854775807"] {
                let page = try await client.get("queries/twenty?startIndex=\(start)")
                #expect(page["rows"] == nil)
                #expect(page["pageToken"] == nil)
                #expect(page["totalRows"] == "20")
            }
        }
    }

    @Test func returnsOnlyATokenForZeroMaxResults() async throws {
        try await withClient { client in
            let page = try await client.results("SELECT trip_id FROM bench.trips_3", "maxResults=0")
            #expect(page["rows"] == nil)
            #expect(page.string("pageToken")?.hasSuffix("====") == true)
            #expect(page["totalRows"] == "3")
        }
    }

    @Test func returnsNeitherRowsNorTokenForAnEmptyResult() async throws {
        try await withClient { client in
            for parameters in ["", "maxResults=0"] {
                let page = try await client.results("SELECT trip_id, vendor FROM bench.trips_0", parameters)
                #expect(page["rows"] == nil)
                #expect(page["pageToken"] == nil)
                #expect(page["totalRows"] == "0")
                #expect(page.columns == ["trip_id INTEGER NULLABLE", "vendor STRING NULLABLE"])
            }
        }
    }

    @Test(arguments: [
        "startIndex=1&pageToken=TOKEN", "pageToken=nonsense", "pageToken=AAAAAAAAAAAAAAAAAAAA====", "startIndex=-1",
        "startIndex=x", "maxResults=-1", "maxResults=1.5",
        "formatOptions.useInt64Timestamp=true&formatOptions.timestampOutputFormat=INT64",
        "formatOptions.timestampOutputFormat=ROMAN",
    ])
    func rejectsInvalidParameters(parameters: String) async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT trip_id FROM bench.trips_3", id: "three")
            let token = try await client.get("queries/three?maxResults=1").string("pageToken") ?? ""
            let query = parameters.replacing("TOKEN", with: token.replacing("=", with: "%3D"))
            #expect(try await client.send(.get, "queries/three?\(query)").status == 400)
        }
    }

    @Test func rejectsATokenOfAnotherJob() async throws {
        try await withClient { client in
            _ = try await client.insert("SELECT trip_id FROM bench.trips_3", id: "mine")
            _ = try await client.insert("SELECT trip_id FROM bench.trips_3", id: "yours")
            let token = try await client.get("queries/mine?maxResults=1").string("pageToken") ?? ""
            #expect(try await client.send(.get, "queries/mine?pageToken=\(token)").status == 200)
            #expect(try await client.send(.get, "queries/yours?pageToken=\(token)").status == 400)
        }
    }

    @Test(arguments: [0, 1, 31, 32, 1_000_000, Int64.max])
    func tokensRoundTrip(position: Int64) throws {
        let text = PageToken(subject: "s", position: position).text
        #expect(text.count == 24)
        #expect(try PageToken(text, subject: "s").position == position)
    }

    @Test func selectsColumnsOfATable() async throws {
        try await withClient { client in
            let path = "datasets/bench/tables/trips_2/data"
            let all = try await client.get(path)
            let some = try await client.get("\(path)?selectedFields=note,TRIP_ID")
            #expect(some.cells == all.cells.map { [$0[0], $0[11]] })
            #expect(try await client.send(.get, "\(path)?selectedFields=none").status == 400)
        }
    }
}

@Suite struct QueryMethodTests {
    private func query(_ client: APIClient, _ sql: String, _ more: JSONObject = [:]) async throws -> JSONObject {
        var body: JSONObject = ["query": .string(sql), "useLegacySql": false]
        body.members += more.members
        if body["timeoutMs"] == nil { body["timeoutMs"] = .number("\(APIClient.patience)") }
        return try await client.post("queries", .object(body))
    }

    @Test func returnsTheFirstPage() async throws {
        try await withClient { client in
            let response = try await query(client, "SELECT trip_id FROM bench.trips_5", ["maxResults": 2])
            #expect(response.string("kind") == "bigquery#queryResponse")
            #expect(response.cells == [["0"], ["1"]])
            #expect(response["totalRows"] == "5")
            #expect(response["jobComplete"] == true)
            let id = response.string("jobReference.jobId") ?? ""
            let rest = try await client.get("queries/\(id)?pageToken=\(response.string("pageToken") ?? "")")
            #expect(rest.cells == [["2"], ["3"], ["4"]])
        }
    }

    @Test func returnsAJobReferenceAfterTheTimeout() async throws {
        let configuration = EmulatorConfiguration(jobTime: .milliseconds(200), requiresAuthorization: false)
        try await withClient(configuration) { client in
            let response = try await query(client, "SELECT 1", ["timeoutMs": 10])
            #expect(response["jobComplete"] == false)
            #expect(response["schema"] == nil)
            #expect(response["totalRows"] == nil)
            let id = response.string("jobReference.jobId") ?? ""
            #expect(try await client.get("queries/\(id)").cells == [["1"]])
        }
    }

    @Test func omitsAnOptionalJobReference() async throws {
        try await withClient { client in
            let mode: JSONObject = ["jobCreationMode": "JOB_CREATION_OPTIONAL"]
            let whole = try await query(client, "SELECT trip_id FROM bench.trips_5", mode)
            #expect(whole["jobReference"] == nil)
            #expect(whole.string("queryId") != nil)
            var part = mode
            part["maxResults"] = 1
            #expect(try await query(client, "SELECT trip_id FROM bench.trips_5", part)["jobReference"] != nil)
        }
    }

    @Test(
        arguments: [([:], "1.3570416E9"), (["useInt64Timestamp": true], "1357041600000000")] as [(JSONObject, String)])
    func appliesTheTimestampFormat(options: JSONObject, expected: String) async throws {
        try await withClient { client in
            let response = try await query(
                client, "SELECT TIMESTAMP '2013-01-01 12:00:00' AS t", ["formatOptions": .object(options)])
            #expect(response.cells == [[.string(expected)]])
        }
    }

    @Test(arguments: [
        ("{}", "required"), ("{\"query\": \"\"}", "required"), ("{\"query\"", "parseError"), ("[]", "parseError"),
    ])
    func rejectsABodyWithoutAQuery(body: String, reason: String) async throws {
        try await withClient { client in
            let response = try await client.send(.post, "queries", body: body)
            #expect(response.status == 400)
            #expect(try response.json().string("error.errors.0.reason") == reason)
        }
    }
}

@Suite struct LocationTests {
    @Test(
        arguments: [
            ("US", nil, true), ("US", "US", true), ("US", "us", true), ("US", "EU", false), ("EU", nil, true),
            ("europe-west1", nil, false), ("europe-west1", "US", false), ("europe-west1", "europe-west1", true),
        ] as [(String, String?, Bool)])
    func requiresALocationOutsideMultiRegions(location: String, requested: String?, isFound: Bool) async throws {
        let configuration = EmulatorConfiguration(location: location, requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT 1", id: "here")
            for (method, path) in [("GET", "jobs/here"), ("GET", "queries/here"), ("POST", "jobs/here/cancel")] {
                let query = requested.map { "?location=\($0)" } ?? ""
                let response = try await client.send(method == "GET" ? .get : .post, path + query)
                #expect((response.status == 200) == isFound)
                guard !isFound else { continue }
                let error = try response.json()
                #expect(error.string("error.errors.0.reason") == "notFound")
                let name = requested.map { "local-project:\($0).here" } ?? "local-project:here"
                #expect(error.string("error.message") == "Not found: Job \(name)")
            }
        }
    }

    @Test func queriesFindOnlyTablesInTheirLocation() async throws {
        try await withClient { client in
            let body: JSON = [
                "jobReference": ["location": "EU"],
                "configuration": ["query": ["query": "SELECT * FROM bench.trips_1", "useLegacySql": false]],
            ]
            let response = try await client.post("jobs", body)
            let message = "Not found: Dataset local-project:bench was not found in location EU"
            #expect(response.string("error.message") == message)
        }
    }
}
