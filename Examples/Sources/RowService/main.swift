// Serves the staged flights as JSON, to this machine only: RowService DATABASE [PORT]
//
//     curl 'http://127.0.0.1:8080/flights?origin=JFK&limit=3'
import Foundation
import GRDB
import Hummingbird

guard (2...3).contains(CommandLine.arguments.count) else {
    print("usage: RowService DATABASE [PORT]")
    exit(EX_USAGE)
}
let port = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 8080 : 8080

// Reading never waits for a pull: until its rows are published, the table has the old ones.
var configuration = Configuration()
configuration.readonly = true
let database = try DatabasePool(path: CommandLine.arguments[1], configuration: configuration)

let router = Router()
router.get("flights") { request, _ in
    let origin = request.uri.queryParameters["origin"].map { String($0) }
    let limit = min(request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100, 1000)
    return try await database.read { db in try Flight.fetch(from: origin, limit: limit, db) }
}

let application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "RowService"),
    onServerRunning: { channel in
        print("listening on http://127.0.0.1:\(channel.localAddress?.port ?? port)")
        fflush(nil)
    })
try await application.runService()
