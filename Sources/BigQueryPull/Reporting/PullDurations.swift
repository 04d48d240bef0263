import BigQueryRows
import SQLiteStaging

/// Where the time of a pull went, in seconds, summed over its pages.
///
/// Pages are fetched side by side, and written while others are fetched, so that the sum is more than the time that
/// passed. Only what this process did counts.
public struct PullDurations: Sendable, Codable, Hashable {
    /// From the request to the head of the answer.
    public var timeToFirstByte: Double = 0
    /// Waiting for the rest of the answer.
    public var transfer: Double = 0
    /// Inflating what had arrived.
    public var inflate: Double = 0
    /// Turning JSON into cells.
    public var decode: Double = 0
    /// How long pages that had been answered waited for those before them, to be read or to be written.
    public var waitForWriter: Double = 0
    /// How long the writer waited for pages.
    public var waitForPages: Double = 0
    /// Putting rows into the table; 0 if the sink does not measure.
    public var insert: Double = 0
    /// Beginning and committing transactions; 0 if the sink does not measure.
    public var commit: Double = 0

    /// Nothing done.
    public init() {}

    mutating func add(_ page: PageTiming) {
        timeToFirstByte += page.timeToFirstByte / .seconds(1)
        waitForWriter += page.held / .seconds(1)
        transfer += page.transfer / .seconds(1)
        inflate += page.inflate / .seconds(1)
        decode += page.decode / .seconds(1)
    }

    mutating func add(_ writing: StagingDurations) {
        insert += writing.insert / .seconds(1)
        commit += writing.commit / .seconds(1)
    }
}
