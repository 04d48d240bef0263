import BigQuery
import BigQueryRows
import Foundation

/// The JSON of a table. The member names are stable.
struct TableReport: Encodable {
    struct Partitioning: Encodable {
        var type: String
        var field: String?
        var expirationSeconds: Int64?
    }

    struct View: Encodable {
        var query: String
        var useLegacySQL: Bool

        private enum CodingKeys: String, CodingKey {
            case query
            case useLegacySQL = "useLegacySql"
        }
    }

    var project: String
    var dataset: String
    var table: String
    var type: String
    var rows: Int64?
    var bytes: Int64?
    var location: String?
    var description: String?
    var created: Date?
    var modified: Date?
    var expires: Date?
    var etag: String?
    var timePartitioning: Partitioning?
    var rangePartitioning: Table.RangePartitioning?
    var requiresPartitionFilter: Bool
    var clustering: [String]
    var hasStreamingBuffer: Bool
    var view: View?
    var schema: TableSchema

    init(_ table: Table) {
        project = table.reference.project
        dataset = table.reference.dataset
        self.table = table.reference.table
        type = table.kind.name
        rows = table.rowCount
        bytes = table.byteCount
        location = table.location
        description = table.description
        created = table.created
        modified = table.modified
        expires = table.expires
        etag = table.etag
        timePartitioning = table.timePartitioning.map {
            Partitioning(type: $0.type, field: $0.field, expirationSeconds: $0.expiration?.components.seconds)
        }
        rangePartitioning = table.rangePartitioning
        requiresPartitionFilter = table.requiresPartitionFilter
        clustering = table.clusteringFields
        hasStreamingBuffer = table.hasStreamingBuffer
        view = table.view.map { View(query: $0.query, useLegacySQL: $0.useLegacySQL) }
        schema = table.schema
    }
}
