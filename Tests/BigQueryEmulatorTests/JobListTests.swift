import HTTPTypes
import Testing

@testable import BigQueryEmulator

@Suite struct JobListTests {
    private static func ids(in response: JSONObject) -> [String] {
        (response["jobs"]?.array ?? []).compactMap { $0.object?.string("jobReference.jobId") }
    }

    /// Calls `body` with a client of an emulator that has run these jobs.
    private func withJobs(
        _ ids: [String], _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await withClient { client in
            for id in ids {
                _ = try await client.insert("SELECT trip_id FROM bench.trips_3", id: id)
                _ = try await client.get("queries/\(id)")
            }
            try await body(client)
        }
    }

    @Test func listsNewestJobsFirst() async throws {
        try await withJobs(["z", "a", "m"]) { client in
            let list = try await client.get("jobs")
            #expect(list.string("kind") == "bigquery#jobList")
            #expect(Self.ids(in: list) == ["m", "a", "z"])
            #expect(list.at("nextPageToken") == nil)
            #expect(client.emulator.server.counters.requests["jobs.list"] == 1)
        }
    }

    @Test func appliesTheProjection() async throws {
        try await withJobs(["one"]) { client in
            for (projection, isFull) in [("", false), ("?projection=minimal", false), ("?projection=full", true)] {
                let list = try await client.get("jobs\(projection)")
                #expect(list.string("jobs.0.id") == "local-project:US.one")
                #expect(list.string("jobs.0.state") == "DONE")
                #expect(list.string("jobs.0.configuration.query.query") == "SELECT trip_id FROM bench.trips_3")
                #expect(list.string("jobs.0.statistics.endTime") != nil)
                #expect((list.at("jobs.0.status") != nil) == isFull)
                #expect((list.at("jobs.0.user_email") != nil) == isFull)
            }
        }
    }

    @Test func includesTheErrorOfAFailedJob() async throws {
        try await withClient { client in
            _ = try await client.insert(
                "SELECT trip_id FROM bench.trips_3", id: "dear", ["maximumBytesBilled": "1"])
            _ = try await client.get("queries/dear")
            #expect(try await client.get("jobs").string("jobs.0.errorResult.reason") == "bytesBilledLimitExceeded")
        }
    }

    @Test func newJobsDoNotShiftPages() async throws {
        try await withJobs(["a", "b", "c", "d", "e"]) { client in
            let first = try await client.get("jobs?maxResults=2")
            #expect(Self.ids(in: first) == ["e", "d"])
            _ = try await client.insert("SELECT 1", id: "late")
            let second = try await client.get("jobs?maxResults=2&pageToken=\(first.string("nextPageToken") ?? "")")
            #expect(Self.ids(in: second) == ["c", "b"])
            let third = try await client.get("jobs?maxResults=2&pageToken=\(second.string("nextPageToken") ?? "")")
            #expect(Self.ids(in: third) == ["a"])
            #expect(third.at("nextPageToken") == nil)
        }
    }

    @Test func filtersByStateAndTime() async throws {
        let configuration = EmulatorConfiguration(jobTime: .seconds(3600), requiresAuthorization: false)
        try await withClient(configuration) { client in
            _ = try await client.insert("SELECT 1", id: "stopped")
            _ = try await client.post("jobs/stopped/cancel", [:])
            _ = try await client.send(.get, "queries/stopped")
            _ = try await client.insert("SELECT 1", id: "waiting")
            for (filter, ids) in [
                ("stateFilter=done", ["stopped"]), ("stateFilter=pending", ["waiting"]), ("stateFilter=running", []),
                ("stateFilter=done&stateFilter=pending", ["waiting", "stopped"]),
                ("maxCreationTime=1", []), ("minCreationTime=1", ["waiting", "stopped"]),
                ("minCreationTime=9223372036854775807", []),
            ] {
                #expect(Self.ids(in: try await client.get("jobs?\(filter)")) == ids, "\(filter)")
            }
            #expect(try await client.send(.get, "jobs?minCreationTime=2&maxCreationTime=1").status == 400)
        }
    }
}
