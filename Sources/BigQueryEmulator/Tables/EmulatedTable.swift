import Foundation

/// A table that requests and queries can name.
struct EmulatedTable: Sendable {
    /// The table's full name.
    struct Reference: Sendable, Hashable, CustomStringConvertible {
        var project: String
        var dataset: String
        var table: String

        /// `project:dataset.table`, as in BigQuery's messages.
        var description: String { "\(project):\(dataset).\(table)" }

        var json: JSON {
            ["projectId": .string(project), "datasetId": .string(dataset), "tableId": .string(table)]
        }
    }

    var reference: Reference
    var source: any RowSource
    /// The table's name in the emulator's SQLite database, where a generated table has rows only once a query
    /// needs them, and a view only while a query reads it.
    var sqliteName: String
    /// When it was first made, in milliseconds since 1970, as all times of the API.
    var created = Date().milliseconds
    /// Later with every change.
    var modified = Date().milliseconds
    /// What the API tells besides: description, partitioning, clustering.
    var properties: JSONObject
    private let lifetime: Duration?
    private let expiry: ContinuousClock.Instant?

    /// - Parameter lifetime: How long the table is kept; for ever if `nil`.
    init(
        reference: Reference, source: any RowSource, sqliteName: String, properties: JSONObject = [:],
        lifetime: Duration? = nil
    ) {
        self.reference = reference
        self.source = source
        self.sqliteName = sqliteName
        self.properties = properties
        self.lifetime = lifetime
        expiry = lifetime.map { .now + $0 }
    }

    var isExpired: Bool { expiry.map { $0 <= .now } ?? false }

    var etag: String { Data("\(reference)/\(modified)".utf8).base64EncodedString() }

    /// What tables.get and tables.list both tell.
    var listItem: JSONObject {
        var item: JSONObject = [
            "kind": "bigquery#table", "id": .string(reference.description), "tableReference": reference.json,
            "type": source is EmulatedView ? "VIEW" : "TABLE", "creationTime": .int64(created),
        ]
        if let lifetime { item["expirationTime"] = .int64(created + Int64(lifetime / .milliseconds(1))) }
        if source is EmulatedView { item["view"] = ["useLegacySql": false] }
        return item
    }
}

/// A table that is the result of a query. It has no rows of its own: a query that names it runs the view's.
struct EmulatedView: RowSource {
    let query: String
    /// The columns, once the query is compiled.
    var fields: [SchemaField] = []

    var identity: String { "view" }
    var rowCount: Int64 { 0 }
    var logicalBytes: Int64 { 0 }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector { page }
}
