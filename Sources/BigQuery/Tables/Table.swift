public import BigQueryRows
public import Foundation

/// The metadata of a table or view, from `tables.get`.
public struct Table: Sendable, Hashable {
    /// The query of a view.
    package struct View: Sendable, Hashable {
        /// The SQL text.
        package var query: String
        /// Whether the text is in the legacy dialect.
        package var useLegacySQL: Bool
    }

    /// Partitioning by time.
    package struct TimePartitioning: Sendable, Hashable {
        /// The length of a partition: `HOUR`, `DAY`, `MONTH` or `YEAR`.
        package var type: String
        /// The column; `nil` partitions by ingestion time.
        package var field: String?
        /// How long a partition is kept; `nil` for indefinitely.
        package var expiration: Duration?
    }

    /// Partitioning by an integer.
    package struct RangePartitioning: Sendable, Hashable, Codable {
        /// The column.
        package var field: String
        /// The first value of the first partition.
        package var start: Int64
        /// The value after the last partition.
        package var end: Int64
        /// The number of values of a partition.
        package var interval: Int64
    }

    /// The name.
    public let reference: TableReference
    /// The kind of table.
    public let kind: TableKind
    /// The columns; empty if the table has no schema yet.
    public let schema: TableSchema
    /// Changes with every change of the table. Streamed rows change it late.
    package var etag: String?
    /// The number of rows without the streaming buffer; `nil` for a view.
    public let rowCount: Int64?
    /// The logical size in bytes without the streaming buffer.
    public let byteCount: Int64?
    /// The query of a view or a materialized view.
    package var view: View?
    /// The location of the data.
    public let location: String?
    /// The description that a user has written.
    public let description: String?
    /// The time of creation.
    public let created: Date?
    /// The time of the last change.
    public let modified: Date?
    /// The time at which the table is deleted.
    package var expires: Date?
    /// Partitioning by time.
    package var timePartitioning: TimePartitioning?
    /// Partitioning by an integer.
    package var rangePartitioning: RangePartitioning?
    /// Whether queries must filter by partition.
    package var requiresPartitionFilter: Bool
    /// The clustering columns, in order.
    package var clusteringFields: [String]
    /// Whether the streaming buffer has rows, which ``rowCount`` does not include.
    package var hasStreamingBuffer: Bool
}

/// The kind of a table.
public enum TableKind: Sendable, Hashable {
    case table, view, materializedView, external, snapshot
    /// A kind that this version does not know, with its API name.
    case unknown(String)

    private static let byName: [String: TableKind] = [
        "TABLE": .table, "VIEW": .view, "MATERIALIZED_VIEW": .materializedView, "EXTERNAL": .external,
        "SNAPSHOT": .snapshot,
    ]

    /// The kind with an API name.
    package init(name: String) {
        self = Self.byName[name] ?? .unknown(name)
    }

    /// The API name, for example `MATERIALIZED_VIEW`.
    public var name: String {
        switch self {
        case .table: "TABLE"
        case .view: "VIEW"
        case .materializedView: "MATERIALIZED_VIEW"
        case .external: "EXTERNAL"
        case .snapshot: "SNAPSHOT"
        case .unknown(let name): name
        }
    }
}
