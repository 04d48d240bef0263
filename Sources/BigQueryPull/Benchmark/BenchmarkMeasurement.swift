/// The figures of one run of a benchmark.
public struct BenchmarkMeasurement: Sendable, Codable, Hashable {
    /// Seconds from the first request until the last row is delivered or, in a staging database, published.
    public let seconds: Double
    /// Rows fetched.
    public let rows: Int64
    /// Pages fetched.
    public let pages: Int64
    /// Requests for pages, including retries.
    public let requests: Int64
    /// Retries.
    public let retries: Int64
    /// Bytes of pages on the wire.
    public let dataRead: Int64
    /// Bytes of the same pages, inflated.
    public let dataInflated: Int64
    /// `rows` per second.
    public let rowsPerSecond: Double
    /// `dataRead` per second.
    public let wireBytesPerSecond: Double
    /// `dataInflated` per second.
    public let inflatedBytesPerSecond: Double
    /// `dataInflated` divided by `dataRead`.
    public let compressionRatio: Double
    /// The durations of the steps.
    public let detailedDurations: PullDurations

    init(_ report: PullReport) {
        seconds = report.copyDuration
        rows = report.rowsRead
        pages = report.pages
        retries = report.retries
        requests = report.pages + report.retries
        dataRead = report.dataRead
        dataInflated = report.dataInflated
        // The clock of a test need not advance.
        let time = max(seconds, 1e-6)
        rowsPerSecond = Double(rows) / time
        wireBytesPerSecond = Double(dataRead) / time
        inflatedBytesPerSecond = Double(dataInflated) / time
        compressionRatio = Double(dataInflated) / Double(max(1, dataRead))
        detailedDurations = report.detailedDurations
    }
}
