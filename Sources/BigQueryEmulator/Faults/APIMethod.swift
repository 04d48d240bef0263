import Foundation
import NIOCore
import NIOHTTP1

/// Which method of the API a request calls.
struct APIMethod {
    /// The method's id as ``FaultPlan`` names it.
    let id: String

    /// - Parameter body: as much of the body as has come.
    init?(_ head: HTTPRequestHead, body: ByteBuffer) {
        let path = head.uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if path.count == 1, ["token", "tokeninfo", "revoke"].contains(path[0]) {
            id = "oauth2." + path[0]
            return
        }
        guard path.count >= 3, path[..<3] == ["bigquery", "v2", "projects"] else { return nil }
        let isPost = head.method == .POST
        let name: String? =
            switch (path.dropFirst(4).first, path.count) {
            case (nil, 3): "projects.list"
            case ("jobs", 5): isPost ? (Self.asksForDryRun(body) ? "jobs.dryRun" : "jobs.insert") : "jobs.list"
            case ("jobs", 6): "jobs.get"
            case ("jobs", 7): "jobs.cancel"
            case ("queries", 5): "jobs.query"
            case ("queries", 6): "jobs.getQueryResults"
            case ("datasets", 5): "datasets.list"
            case ("datasets", 6): "datasets.get"
            case ("datasets", 7): "tables.list"
            case ("datasets", 8): "tables.get"
            case ("datasets", 9): "tabledata.list"
            default: nil
            }
        guard let name else { return nil }
        id = "bigquery." + name
    }

    /// By the text alone, since the body may not be complete.
    private static func asksForDryRun(_ body: ByteBuffer) -> Bool {
        String(buffer: body).contains(/"dryRun"\s*:\s*true/)
    }
}
