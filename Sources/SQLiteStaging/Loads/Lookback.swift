/// How far below its high-water mark an incremental load reads again, for rows that arrive late.
public enum Lookback: Sendable, Hashable {
    /// Time, for DATETIME and TIMESTAMP; whole days for DATE.
    case duration(Duration)
    /// A number, for INT64.
    case number(Int64)
}
