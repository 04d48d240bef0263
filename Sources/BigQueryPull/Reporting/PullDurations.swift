import BigQueryRows

/// The durations of the steps of a pull, in seconds, summed over its pages.
///
/// Pages are fetched in parallel, and written while others are fetched, so the sum exceeds the elapsed time. Counts this
/// process only.
public struct PullDurations: Sendable, Codable, Hashable {
    /// From the request to the head of the response.
    public var timeToFirstByte: Double = 0
    /// Waiting for the rest of the response.
    public var transfer: Double = 0
    /// Inflating.
    public var inflate: Double = 0
    /// Decoding JSON into cells.
    public var decode: Double = 0
    /// Time that responses and pages waited for earlier ones to be written.
    public var waitForWriter: Double = 0
    /// Time that the writer waited for pages.
    public var waitForPages: Double = 0
    /// Inserting rows; 0 if the sink does not measure it.
    public var insert: Double = 0
    /// Beginning and committing transactions; 0 if the sink does not measure it.
    public var commit: Double = 0

    /// Creates durations of zero.
    public init() {}

    mutating func add(_ page: PageTiming) {
        timeToFirstByte += page.timeToFirstByte / .seconds(1)
        waitForWriter += page.held / .seconds(1)
        transfer += page.transfer / .seconds(1)
        inflate += page.inflate / .seconds(1)
        decode += page.decode / .seconds(1)
    }
}
