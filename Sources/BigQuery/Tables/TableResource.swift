import BigQueryRows
import Foundation

/// The wire form of a table in tables.get, or in tables.list, which has fewer members.
struct TableResource: Decodable, Sendable {
    struct ViewDefinition: Decodable, Sendable {
        var query: String?
        var useLegacySQL: Bool?

        private enum CodingKeys: String, CodingKey {
            case query
            case useLegacySQL = "useLegacySql"
        }
    }

    struct MaterializedViewDefinition: Decodable, Sendable {
        var query: String?
    }

    struct TimePartitioningDefinition: Decodable, Sendable {
        var type: String?
        var field: String?
        var expirationMs: WireInteger?
        var requirePartitionFilter: Bool?
    }

    struct RangePartitioningDefinition: Decodable, Sendable {
        struct Range: Decodable, Sendable {
            var start: WireInteger
            var end: WireInteger
            var interval: WireInteger
        }

        var field: String
        var range: Range
    }

    struct Clustering: Decodable, Sendable {
        var fields: [String]?
    }

    struct StreamingBuffer: Decodable, Sendable {}

    var tableReference: TableReference
    var type: String?
    var schema: TableSchema?
    var etag: String?
    var numRows: WireInteger?
    var numBytes: WireInteger?
    var view: ViewDefinition?
    var materializedView: MaterializedViewDefinition?
    var location: String?
    var description: String?
    var creationTime: WireInteger?
    var lastModifiedTime: WireInteger?
    var expirationTime: WireInteger?
    var timePartitioning: TimePartitioningDefinition?
    var rangePartitioning: RangePartitioningDefinition?
    var requirePartitionFilter: Bool?
    var clustering: Clustering?
    var streamingBuffer: StreamingBuffer?

    /// The requested members of tables.get.
    static let fields = """
        tableReference,type,schema,etag,numRows,numBytes,view(query,useLegacySql),materializedView/query,location,\
        description,creationTime,lastModifiedTime,expirationTime,timePartitioning,rangePartitioning,\
        requirePartitionFilter,clustering,streamingBuffer
        """

    var table: Table {
        Table(
            reference: tableReference, kind: kind, schema: schema ?? TableSchema(fields: []), etag: etag,
            rowCount: numRows?.value, byteCount: numBytes?.value, view: viewOfEitherKind, location: location,
            description: description, created: creationTime?.date, modified: lastModifiedTime?.date,
            expires: expirationTime?.date,
            timePartitioning: timePartitioning.map {
                Table.TimePartitioning(
                    type: $0.type ?? "DAY", field: $0.field,
                    expiration: $0.expirationMs.map { .milliseconds($0.value) })
            },
            rangePartitioning: rangePartitioning.map {
                Table.RangePartitioning(
                    field: $0.field, start: $0.range.start.value, end: $0.range.end.value,
                    interval: $0.range.interval.value)
            },
            requiresPartitionFilter: requirePartitionFilter ?? timePartitioning?.requirePartitionFilter ?? false,
            clusteringFields: clustering?.fields ?? [], hasStreamingBuffer: streamingBuffer != nil
        )
    }

    var listed: ListedTable {
        ListedTable(reference: tableReference, kind: kind, created: creationTime?.date)
    }

    private var kind: TableKind { TableKind(name: type ?? "TABLE") }

    private var viewOfEitherKind: Table.View? {
        if let query = view?.query {
            // The API's default. Materialized views support only GoogleSQL.
            return Table.View(query: query, useLegacySQL: view?.useLegacySQL ?? true)
        }
        return materializedView?.query.map { Table.View(query: $0, useLegacySQL: false) }
    }
}

extension WireInteger {
    /// The time after this many milliseconds since 1970.
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(value) / 1000) }
}
