public import BigQueryRows
public import Foundation

/// A table, or what is read like one, as tables.get describes it.
public struct Table: Sendable, Hashable {
    /// The query that a view stands for.
    public struct View: Sendable, Hashable {
        /// The SQL text.
        public var query: String
        /// Whether the text is in the legacy dialect.
        public var useLegacySQL: Bool
    }

    /// Its name.
    public var reference: TableReference
    /// What it is.
    public var kind: TableKind
    /// Its columns; none if it has no schema yet.
    public var schema: TableSchema
    /// Changes with every change of the table; rows that are streamed in change it late.
    public var etag: String?
    /// The number of rows, without those in the streaming buffer; a view has none of its own.
    public var rowCount: Int64?
    /// The logical size, without that of the streaming buffer.
    public var byteCount: Int64?
    /// The query of a view or a materialized view.
    public var view: View?
    /// Where it is stored.
    public var location: String?
    /// What somebody wrote about it.
    public var description: String?
    /// When it was made.
    public var created: Date?
    /// When it was changed last.
    public var modified: Date?
    /// When it will be deleted.
    public var expires: Date?
    /// How it is divided by time.
    public var timePartitioning: TimePartitioning?
    /// How it is divided by a number.
    public var rangePartitioning: RangePartitioning?
    /// Whether queries have to say which partitions they read.
    public var requiresPartitionFilter: Bool
    /// The columns by which it is clustered, in their order.
    public var clusteringFields: [String]
    /// Whether rows were streamed in that ``rowCount`` does not count yet.
    public var hasStreamingBuffer: Bool
}

/// What a table is.
public enum TableKind: Sendable, Hashable {
    case table, view, materializedView, external, snapshot
    /// A kind that this version does not know, under the name that the service sent.
    case unknown(String)

    private static let byName: [String: TableKind] = [
        "TABLE": .table, "VIEW": .view, "MATERIALIZED_VIEW": .materializedView, "EXTERNAL": .external,
        "SNAPSHOT": .snapshot,
    ]

    /// The kind with a name of the API.
    public init(name: String) {
        self = Self.byName[name] ?? .unknown(name)
    }

    /// The API's name, for example `MATERIALIZED_VIEW`.
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
