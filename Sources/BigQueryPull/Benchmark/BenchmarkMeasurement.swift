/// What one run of a benchmark took.
public struct BenchmarkMeasurement: Sendable, Codable, Hashable {
    /// Seconds from the first request to the last row delivered or, in a staging database, published.
    public let seconds: Double
    /// Rows fetched.
    public let rows: Int64
    /// Pages fetched.
    public let pages: Int64
    /// Requests for pages, with those that had to be repeated.
    public let requests: Int64
    /// Requests that had to be repeated.
    public let retries: Int64
    /// Bytes of pages as they came over the wire.
    public let dataRead: Int64
    /// Bytes of the same pages inflated.
    public let dataInflated: Int64
    /// `rows` by `seconds`.
    public let rowsPerSecond: Double
    /// `dataRead` by `seconds`.
    public let wireBytesPerSecond: Double
    /// `dataInflated` by `seconds`.
    public let inflatedBytesPerSecond: Double
    /// How many bytes one byte on the wire stands for.
    public let compressionRatio: Double
    /// Where the time went.
    public let detailedDurations: PullDurations

    /// Takes the figures of a pull.
    init(_ report: PullReport) {
        seconds = report.copyDuration
        rows = report.rowsRead
        pages = report.pages
        retries = report.retries
        requests = report.pages + report.retries
        dataRead = report.dataRead
        dataInflated = report.dataInflated
        // A clock may not have moved.
        let time = max(seconds, 1e-6)
        rowsPerSecond = Double(rows) / time
        wireBytesPerSecond = Double(dataRead) / time
        inflatedBytesPerSecond = Double(dataInflated) / time
        compressionRatio = Double(dataInflated) / Double(max(1, dataRead))
        detailedDurations = report.detailedDurations
    }
}
