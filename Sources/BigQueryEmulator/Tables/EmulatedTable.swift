import Foundation

/// A table that requests and queries can refer to.
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
    /// The table's name in the SQLite database. A generated table gets its rows there when a query first needs them; a
    /// view exists there only during a query.
    var sqliteName: String
    /// The creation time in milliseconds since 1970.
    var created = Date().milliseconds
    /// The time of the last change; increases with every change.
    var modified = Date().milliseconds
    /// Further members of the API resource: description, partitioning, clustering.
    var properties: JSONObject
    private let lifetime: Duration?
    private let expiry: ContinuousClock.Instant?

    /// Creates a table that expires after `lifetime`, or never if it is `nil`.
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

    /// The members that tables.get and tables.list share.
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

/// A view. It stores no rows: its query runs whenever a query refers to it.
struct EmulatedView: RowSource {
    let query: String
    /// The columns, known once the query is compiled.
    var fields: [SchemaField] = []

    var identity: String { "view" }
    var rowCount: Int64 { 0 }
    var logicalBytes: Int64 { 0 }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector { page }
}
