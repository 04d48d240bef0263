/// Where the time of a page went before its rows could be delivered.
public struct PageTiming: Sendable, Hashable {
    /// From the request to the head of the answer, with all repetitions of the request.
    public var timeToFirstByte: Duration
    /// How long the rest of the answer was not read, because pages before it were in the way.
    public var held: Duration
    /// Waiting for the rest of the answer.
    public var transfer: Duration
    /// Inflating what had arrived.
    public var inflate: Duration
    /// Turning JSON into cells.
    public var decode: Duration

    /// What network and service took: the time that the page was waited for.
    public var latency: Duration { timeToFirstByte + transfer }

    /// Makes a timing; zero by default.
    public init(
        timeToFirstByte: Duration = .zero, held: Duration = .zero, transfer: Duration = .zero,
        inflate: Duration = .zero,
        decode: Duration = .zero
    ) {
        self.timeToFirstByte = timeToFirstByte
        self.held = held
        self.transfer = transfer
        self.inflate = inflate
        self.decode = decode
    }
}
