public import BigQueryRows
public import Foundation

/// The metadata of a table or view, from `tables.get`.
public struct Table: Sendable, Hashable {
    /// The query of a view.
    public struct View: Sendable, Hashable {
        /// The SQL text.
        public var query: String
        /// Whether the text is in the legacy dialect.
        public var useLegacySQL: Bool
    }

    /// Partitioning by time.
    public struct TimePartitioning: Sendable, Hashable {
        /// The length of a partition: `HOUR`, `DAY`, `MONTH` or `YEAR`.
        public var type: String
        /// The column; `nil` partitions by ingestion time.
        public var field: String?
        /// How long a partition is kept; `nil` for indefinitely.
        public var expiration: Duration?
    }

    /// Partitioning by an integer.
    public struct RangePartitioning: Sendable, Hashable, Codable {
        /// The column.
        public var field: String
        /// The first value of the first partition.
        public var start: Int64
        /// The value after the last partition.
        public var end: Int64
        /// The number of values of a partition.
        public var interval: Int64
    }

    /// The name.
    public var reference: TableReference
    /// The kind of table.
    public var kind: TableKind
    /// The columns; empty if the table has no schema yet.
    public var schema: TableSchema
    /// Changes with every change of the table. Streamed rows change it late.
    public var etag: String?
    /// The number of rows without the streaming buffer; `nil` for a view.
    public var rowCount: Int64?
    /// The logical size in bytes without the streaming buffer.
    public var byteCount: Int64?
    /// The query of a view or a materialized view.
    public var view: View?
    /// The location of the data.
    public var location: String?
    /// The description that a user has written.
    public var description: String?
    /// The time of creation.
    public var created: Date?
    /// The time of the last change.
    public var modified: Date?
    /// The time at which the table is deleted.
    public var expires: Date?
    /// Partitioning by time.
    public var timePartitioning: TimePartitioning?
    /// Partitioning by an integer.
    public var rangePartitioning: RangePartitioning?
    /// Whether queries must filter by partition.
    public var requiresPartitionFilter: Bool
    /// The clustering columns, in order.
    public var clusteringFields: [String]
    /// Whether the streaming buffer has rows, which ``rowCount`` does not include.
    public var hasStreamingBuffer: Bool
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
    public init(name: String) {
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
