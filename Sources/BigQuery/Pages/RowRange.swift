/// Consecutive rows of a result.
public struct RowRange: Sendable, Hashable {
    /// The first row, counted from 0.
    public var start: Int64
    /// The number of rows, at least 1.
    public var count: Int

    /// Names rows.
    public init(start: Int64, count: Int) {
        self.start = start
        self.count = count
    }
}
