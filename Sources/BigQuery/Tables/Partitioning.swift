/// How a table is divided by time.
public struct TimePartitioning: Sendable, Hashable {
    /// The length of a partition: `HOUR`, `DAY`, `MONTH` or `YEAR`.
    public var type: String
    /// The column; `nil` divides by the time at which rows came in.
    public var field: String?
    /// How long a partition is kept; `nil` is for ever.
    public var expiration: Duration?
}

/// How a table is divided by a number.
public struct RangePartitioning: Sendable, Hashable, Codable {
    /// The column.
    public var field: String
    /// The first partition's first number.
    public var start: Int64
    /// The number behind the last partition.
    public var end: Int64
    /// The numbers of a partition.
    public var interval: Int64
}
