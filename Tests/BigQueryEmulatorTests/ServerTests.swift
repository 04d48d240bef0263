import Foundation
import Testing

@testable import BigQueryEmulator

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Tests over a real socket.
@Suite struct ServerTests {
    private func get(_ url: String, token: String? = nil) async throws -> (status: Int, body: JSONObject) {
        var request = URLRequest(url: try #require(URL(string: url)))
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return try await send(request)
    }

    private func send(_ request: URLRequest) async throws -> (status: Int, body: JSONObject) {
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        return (status, try JSONParser.parse(Array(data)).object ?? [:])
    }

    private func token(of file: JSONObject) async throws -> String {
        var request = URLRequest(url: try #require(file.string("token_uri").flatMap(URL.init(string:))))
        request.httpMethod = "POST"
        let names = ["client_id", "client_secret", "refresh_token"]
        let form = ["grant_type=refresh_token"] + names.map { "\($0)=\(file.string($0) ?? "")" }
        request.httpBody = Data(form.joined(separator: "&").utf8)
        return try await send(request).body.string("access_token") ?? ""
    }

    @Test func acceptsItsCredentialsFile() async throws {
        let folder = FileManager.default.temporaryDirectory
        let path = folder.appending(path: "credentials-\(UUID().uuidString).json").path
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(atPath: path) }
        // An existing file's permissions must not be kept.
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data("old".utf8), attributes: [.posixPermissions: 0o644]))
        try await Emulator(configuration: EmulatorConfiguration()).withRunning { running in
            try running.writeCredentialsFile(to: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let file = try #require(
                JSONParser.parse(Array(FileManager.default.contents(atPath: path) ?? Data())).object)
            #expect(file.string("type") == "authorized_user")
            #expect(file.string("quota_project_id") == "local-project")
            let url = "\(running.endpoint)/bigquery/v2/projects/local-project/datasets/bench/tables/trips_10/data"
            #expect(try await get(url).status == 401)
            let response = try await get(url, token: token(of: file))
            #expect(response.status == 200)
            #expect(response.body.cells.count == 10)
            #expect(
                running.counters
                    == EmulatorCounters(
                        jobs: 0, tokenRequests: 1, rows: 10, encodedPages: 1, firstRows: [0],
                        requests: ["tabledata.list": 2]))
        }
    }

    @Test func clientFileContainsTheEmulatorsURLs() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString).json").path
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await Emulator(configuration: EmulatorConfiguration()).withRunning { running in
            try running.writeClientFile(to: path)
            let file = try #require(
                JSONParser.parse(Array(FileManager.default.contents(atPath: path) ?? Data())).object)
            #expect(file.string("installed.token_uri") == "\(running.endpoint)/token")
            #expect(file.string("installed.auth_uri")?.hasPrefix(running.endpoint) == true)
        }
    }

    @Test func clientFileIsAWebClientIfURIsAreRegistered() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "client-\(UUID().uuidString).json").path
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = EmulatorConfiguration(redirectURIs: ["https://a.example.com/", "http://localhost:8080/"])
        try await Emulator(configuration: configuration).withRunning { running in
            try running.writeClientFile(to: path)
            let file = try #require(
                JSONParser.parse(Array(FileManager.default.contents(atPath: path) ?? Data())).object)
            #expect(file.members.map(\.name) == ["web"])
            #expect(file.string("web.auth_uri") == "\(running.endpoint)/o/oauth2/v2/auth")
            #expect(file.at("web.redirect_uris") == ["https://a.example.com/", "http://localhost:8080/"])
        }
    }

    @Test func reportsAPortInUse() async throws {
        try await Emulator(configuration: EmulatorConfiguration()).withRunning { running in
            let second = try Emulator(configuration: EmulatorConfiguration(port: running.port))
            await #expect {
                try await second.withRunning { _ in }
            } throws: { error in
                (error as? EmulatorError)?.code == .cannotListen
            }
        }
    }

    @Test func stopsOnCancellation() async throws {
        let emulator = try Emulator(configuration: EmulatorConfiguration())
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        await withTaskGroup { group in
            // Ends with a CancellationError.
            group.addTask { try? await emulator.run { running in continuation.yield(running.port) } }
            for await _ in ports.prefix(1) {}
            group.cancelAll()
            await group.waitForAll()
        }
    }
}
