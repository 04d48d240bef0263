import BigQueryRows

/// The durations of the steps of a pull, summed over its pages. In JSON, they are seconds.
///
/// Pages are fetched in parallel, and written while others are fetched, so the sum exceeds the elapsed time. Counts this
/// process only.
public struct PullDurations: Sendable, Encodable, Hashable {
    /// From the request to the head of the response.
    public internal(set) var timeToFirstByte: Duration = .zero
    /// Waiting for the rest of the response.
    public internal(set) var transfer: Duration = .zero
    /// Inflating.
    public internal(set) var inflate: Duration = .zero
    /// Decoding JSON into cells.
    public internal(set) var decode: Duration = .zero
    /// Time that responses and pages waited for earlier ones to be written.
    public internal(set) var waitForWriter: Duration = .zero
    /// Time that the writer waited for pages.
    public internal(set) var waitForPages: Duration = .zero
    /// Inserting rows; zero if the sink does not measure it.
    public internal(set) var insert: Duration = .zero
    /// Beginning and committing transactions; zero if the sink does not measure it.
    public internal(set) var commit: Duration = .zero

    mutating func add(_ page: PageTiming) {
        timeToFirstByte += page.timeToFirstByte
        waitForWriter += page.held
        transfer += page.transfer
        inflate += page.inflate
        decode += page.decode
    }
}
