/// The figures of one run of a benchmark.
package struct BenchmarkMeasurement: Sendable, Encodable, Hashable {
    /// From the first request until the last row is delivered or, in a staging database, published.
    package let duration: Duration
    /// Rows fetched.
    package let rows: Int64
    /// Pages fetched.
    package let pages: Int64
    /// Requests for pages, including retries.
    package let requests: Int64
    /// Retries.
    package let retries: Int64
    /// Bytes of pages on the wire.
    package let dataRead: Int64
    /// Bytes of the same pages, inflated.
    package let dataInflated: Int64
    /// `rows` per second.
    package let rowsPerSecond: Double
    /// `dataRead` per second.
    package let wireBytesPerSecond: Double
    /// `dataInflated` per second.
    package let inflatedBytesPerSecond: Double
    /// `dataInflated` divided by `dataRead`.
    package let compressionRatio: Double
    /// The durations of the steps.
    package let detailedDurations: PullDurations

    private enum CodingKeys: String, CodingKey {
        case rows, pages, requests, retries, dataRead, dataInflated, rowsPerSecond, wireBytesPerSecond,
            inflatedBytesPerSecond, compressionRatio, detailedDurations
        case duration = "seconds"
    }

    init(_ report: PullReport) {
        duration = report.copyDuration
        rows = report.rowsRead
        pages = report.pages
        retries = report.retries
        requests = report.pages + report.retries
        dataRead = report.dataRead
        dataInflated = report.dataInflated
        // The clock of a test need not advance.
        let time = max(duration, .microseconds(1)) / .seconds(1)
        rowsPerSecond = Double(rows) / time
        wireBytesPerSecond = Double(dataRead) / time
        inflatedBytesPerSecond = Double(dataInflated) / time
        compressionRatio = Double(dataInflated) / Double(max(1, dataRead))
        detailedDurations = report.detailedDurations
    }
}
