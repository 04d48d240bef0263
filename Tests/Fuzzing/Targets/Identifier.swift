import CSQLite
import Foundation
import TextSupport

@testable import BigQuery
@testable import GoogleHTTP
@testable import GoogleOAuth
@testable import SQLiteStaging

/// A name: unchanged by SQLite, one segment of a URL, and table names round-trip.
@Sendable func fuzzIdentifier(_ input: inout FuzzInput) {
    let kind = input.nextByte() % 3
    let text = String(decoding: input.rest.prefix(2_000), as: UTF8.self)
    fuzzTerminal(text)
    switch kind {
    case 0: fuzzSQLite(text)
    case 1: fuzzURL(text)
    default: fuzzTableName(text)
    }
}

// MARK: Terminals

/// Printable text has no control characters; as JSON it keeps its value.
private func fuzzTerminal(_ text: String) {
    for line in printableLines(text).split(separator: "\n") {
        for part in line.split(separator: "\t") { requireLine(String(part), atMost: .max) }
    }
    // Any text can be encoded.
    guard let document = try? JSONEncoder().encode([text]) else { return }
    let json = printableJSON(String(decoding: document, as: UTF8.self))
    requireLine(json, atMost: .max)
    require((try? JSONDecoder().decode([String].self, from: Data(json.utf8))) == [text], json)
}

// MARK: SQLite

/// Open until the process ends.
nonisolated(unsafe) private let database = {
    var database: OpaquePointer?
    require(sqlite3_open(":memory:", &database) == SQLITE_OK, "no database")
    return database
}()

private func fuzzSQLite(_ name: String) {
    // Names cannot contain NUL.
    guard !name.utf8.contains(0) else { return }
    let quoted = SQLiteName.quoted(name)
    require(run("CREATE TABLE holder (before INTEGER, \(quoted) TEXT, CHECK (\(quoted) IS NULL))"), quoted)
    require(column("SELECT name FROM pragma_table_info('holder') WHERE cid = 1") == Array(name.utf8), quoted)
    require(column("SELECT count(*) FROM pragma_table_info('holder')") == [UInt8(ascii: "2")], quoted)
    require(run("INSERT INTO holder (\(SQLiteName.list(["before", name]))) VALUES (1, NULL)"), quoted)
    let columns = ["before", name]
    let groups = "SELECT 1 FROM holder GROUP BY \(SQLiteName.binaryList(columns))"
    require(column("SELECT count(*) FROM (\(groups))") == [UInt8(ascii: "1")], quoted)
    if let rowID = SQLiteName.rowID(besides: columns) {
        require(column("SELECT \(rowID) FROM holder") == [UInt8(ascii: "1")], quoted)
    }
    require(run("DROP TABLE holder"), quoted)
    let shouted = String(decoding: name.utf8.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }, as: UTF8.self)
    require(SQLiteName(shouted) == SQLiteName(name) && SQLiteName(shouted).hash64 == SQLiteName(name).hash64, shouted)

    // Reserved by SQLite.
    guard !SQLiteName(name).hasPrefix("sqlite_") else { return }
    require(run("CREATE TABLE main.\(quoted) (x)"), quoted)
    require(column("SELECT name FROM sqlite_master") == Array(name.utf8), quoted)
    require(run("DROP TABLE \(quoted)"), quoted)
    require(column("SELECT count(*) FROM sqlite_master") == [UInt8(ascii: "0")], quoted)
}

private func run(_ sql: String) -> Bool {
    sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK
}

/// The text of the first value of a query.
private func column(_ sql: String) -> [UInt8] {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    require(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, sql)
    require(sqlite3_step(statement) == SQLITE_ROW, sql)
    let text = UnsafeBufferPointer(
        start: sqlite3_column_text(statement, 0), count: Int(sqlite3_column_bytes(statement, 0)))
    return Array(text)
}

// MARK: URLs

private func fuzzURL(_ text: String) {
    // A valid URL.
    guard let endpoint = try? HTTPEndpoint("https://bigquery.example/root") else { fatalError("no endpoint") }
    let url = endpoint.url(path: ["projects", text, "jobs"], query: ["location": text, "none": nil])
    guard let parts = URLComponents(string: url) else { fatalError(url) }
    let segments = parts.percentEncodedPath.split(separator: "/", omittingEmptySubsequences: false)
    require(segments.count == 5 && segments[1] == "root" && segments[4] == "jobs", url)
    require(segments[3].removingPercentEncoding.map { Array($0.utf8) } == Array(text.utf8), url)
    require(parts.host == "bigquery.example" && parts.fragment == nil && parts.user == nil, url)
    require(parts.queryItems?.count == 1 && parts.queryItems?[0].value.map { Array($0.utf8) } == Array(text.utf8), url)

    fuzzTrust(text)
    // As a URL it is rejected, or keeps its host.
    guard let endpoint = try? HTTPEndpoint(text) else { return }
    guard let parts = URLComponents(string: endpoint.url(path: ["x"])) else { fatalError(text) }
    require(parts.scheme == "https" || parts.scheme == "http" && endpoint.isLoopback, text)
    require(parts.path.hasSuffix("/x") && parts.query == nil && parts.user == nil && parts.fragment == nil, text)
    // What the library prints, it accepts.
    guard let again = try? HTTPEndpoint(endpoint.description) else { fatalError(endpoint.description) }
    require(again.host == endpoint.host && again.origin == endpoint.origin, endpoint.description)
}

/// Secrets go only to Google's services or to loopback, and plain http also to metadata servers.
private func fuzzTrust(_ text: String) {
    for service in [GoogleAddress.Service.securityTokens, .accountCredentials] {
        // An address that is rejected gets no secrets.
        guard let endpoint = try? GoogleAddress.trusted(text, name: "token_url", at: service) else { continue }
        let isService = endpoint.host.hasSuffix(".googleapis.com") && endpoint.host.contains(service.rawValue)
        require(endpoint.isLoopback || isService, text)
        let sibling = GoogleAddress.service("tokeninfo", nextTo: endpoint)
        require(sibling.hasSuffix("/tokeninfo") && (try? HTTPEndpoint(sibling)) != nil, sibling)
    }
    // A rejected address gets no requests.
    guard let server = try? HTTPEndpoint(metadataServer: text), server.description.hasPrefix("http:") else { return }
    let isOwn = server.host.hasPrefix("169.254.") || server.host.hasPrefix("fd") || server.host.hasPrefix("metadata.")
    require(server.isLoopback || isOwn, text)
}

// MARK: Names of tables

private func fuzzTableName(_ text: String) {
    do {
        let table = try TableReference(parsing: text, defaultProject: "demo")
        let again = try TableReference(parsing: table.description, defaultProject: "other")
        require(again == table, "\(table) is parsed as \(again)")
        requireInPlace([table.project, table.dataset, table.table])
    } catch let error as BigQueryError {
        requireLine(error.message, atMost: 300)
    } catch {
        fatalError("\(error)")
    }
    // Text that is not a dataset is rejected.
    if let dataset = try? DatasetReference(parsing: text, defaultProject: "demo") {
        let again = try? DatasetReference(parsing: dataset.description, defaultProject: "other")
        require(again == dataset, "\(dataset) is parsed as \(String(describing: again))")
        requireInPlace([dataset.project, dataset.dataset])
    }
    if ResourceID.isProject(text) { requireInPlace([text]) }
}

/// Requires that IDs stay separate segments after dot segments are removed (RFC 3986, 5.2.4).
private func requireInPlace(_ ids: [String]) {
    // A valid URL.
    guard let endpoint = try? HTTPEndpoint("https://bigquery.example") else { fatalError("no endpoint") }
    let url = endpoint.url(path: ["v2"] + ids + ["end"])
    let path = URL(string: url)?.standardized.path(percentEncoded: true)
    require(path?.split(separator: "/").count == ids.count + 2, url)
}
