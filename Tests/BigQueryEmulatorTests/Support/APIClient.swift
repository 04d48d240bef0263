import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting

@testable import BigQueryEmulator

/// Sends requests to an emulator's router without a socket.
struct APIClient: Sendable {
    struct Response: Sendable {
        var status: Int
        var headers: HTTPFields
        var bytes: [UInt8]

        func json() throws -> JSONObject {
            guard let object = try JSONParser.parse(bytes).object else { throw Unexpected("not an object") }
            return object
        }
    }

    struct Unexpected: Error {
        var what: String

        init(_ what: String) {
            self.what = what
        }
    }

    let emulator: Emulator
    let client: any TestClientProtocol

    /// The default `timeoutMs`, the service's maximum: its default of 10 s can be too short on a busy machine.
    static let patience = 200_000

    /// Sends a request to a path relative to `/bigquery/v2/projects/local-project`, unless it begins with a slash.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String? = nil
    ) async throws -> Response {
        var uri = path.hasPrefix("/") ? path : "/bigquery/v2/projects/local-project/\(path)"
        if path.hasPrefix("queries/"), !path.contains("timeoutMs") {
            uri += "\(path.contains("?") ? "&" : "?")timeoutMs=\(Self.patience)"
        }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return Response(
            status: response.status.code, headers: response.headers, bytes: Array(buffer: response.body))
    }

    func get(_ path: String) async throws -> JSONObject {
        try await send(.get, path).json()
    }

    func post(_ path: String, _ body: JSON) async throws -> JSONObject {
        try await send(.post, path, body: body.text).json()
    }

    /// Inserts a query job in GoogleSQL.
    func insert(_ sql: String, id: String? = nil, _ settings: JSONObject = [:], dryRun: Bool = false) async throws
        -> JSONObject
    {
        var query: JSONObject = ["query": .string(sql), "useLegacySql": false]
        query.members += settings.members
        var body: JSONObject = ["configuration": ["query": .object(query), "dryRun": .bool(dryRun)]]
        if let id { body["jobReference"] = ["jobId": .string(id)] }
        return try await post("jobs", .object(body))
    }

    /// Runs a query and returns the response of jobs.getQueryResults.
    func results(_ sql: String, _ parameters: String = "", _ settings: JSONObject = [:]) async throws -> JSONObject {
        let job = try await insert(sql, settings)
        guard let id = job["jobReference"]?.object?["jobId"]?.string else { return job }
        return try await get("queries/\(id)?formatOptions.useInt64Timestamp=true&\(parameters)")
    }
}

/// Calls `body` with a client of a new emulator, by default one without authorization.
func withClient(
    _ configuration: EmulatorConfiguration = EmulatorConfiguration(requiresAuthorization: false),
    _ body: @escaping @Sendable (APIClient) async throws -> Void
) async throws {
    let emulator = try Emulator(configuration: configuration)
    try await withThrowingTaskGroup { group in
        group.addTask { await emulator.server.jobs.run() }
        defer { group.cancelAll() }
        try await Application(router: emulator.server.makeRouter()).test(.router) { client in
            try await body(APIClient(emulator: emulator, client: client))
        }
    }
}

extension JSONObject {
    /// Returns the member at a path of names and array indices, such as `error.errors.0.reason`.
    func at(_ path: String) -> JSON? {
        path.split(separator: ".").reduce(JSON.object(self)) { value, name in
            if let list = value?.array { return Int(name).flatMap { list.indices.contains($0) ? list[$0] : nil } }
            return value?.object?[String(name)]
        }
    }

    func string(_ path: String) -> String? { at(path)?.string }

    /// The cells of a page.
    var cells: [[JSON]] {
        (self["rows"]?.array ?? []).map { row in
            (row.object?["f"]?.array ?? []).map { $0.object?["v"] ?? .null }
        }
    }

    /// `name TYPE MODE` of each column.
    var columns: [String] {
        (at("schema.fields")?.array ?? []).map { field in
            ["name", "type", "mode"].map { field.object?[$0]?.string ?? "-" }.joined(separator: " ")
        }
    }
}
