/// A page of `jobs.getQueryResults` or `tabledata.list`.
package struct ResultPage: Sendable {
    /// Whether the job is done; `nil` if the response lacks it, as those of `tabledata.list` do.
    package var jobComplete: Bool?
    /// The schema in the response.
    package var schema: TableSchema?
    /// The number of rows of the whole result.
    package var totalRows: Int64?
    /// The token of the next page; `nil` at the end.
    package var pageToken: String?
    /// The rows.
    package var rows: RowPage
    /// The columns of mode REQUIRED that contain NULLs, in the order of their first NULL. The cells are NULL.
    package var nullsInRequired: [Int]
    /// The length of the JSON text, in bytes.
    package var inflatedByteCount: Int
    /// The length of the body on the wire, in bytes.
    package var wireByteCount: Int
    /// The duration of the steps; zero for a page that was not fetched.
    package var timing = PageTiming()

    /// Creates a page.
    package init(
        jobComplete: Bool? = nil, schema: TableSchema? = nil, totalRows: Int64? = nil,
        pageToken: String? = nil, rows: RowPage, nullsInRequired: [Int] = [], inflatedByteCount: Int = 0,
        wireByteCount: Int = 0
    ) {
        self.jobComplete = jobComplete
        self.schema = schema
        self.totalRows = totalRows
        self.pageToken = pageToken
        self.rows = rows
        self.nullsInRequired = nullsInRequired
        self.inflatedByteCount = inflatedByteCount
        self.wireByteCount = wireByteCount
    }
}

/// The duration of the steps of fetching a page.
package struct PageTiming: Sendable, Hashable {
    /// From the request to the head of the response, retries included.
    package var timeToFirstByte: Duration
    /// Waiting for space before reading the body.
    package var held: Duration
    /// Waiting for the body.
    package var transfer: Duration
    /// Inflating the body.
    package var inflate: Duration
    /// Decoding JSON to cells.
    package var decode: Duration

    /// The time of network and service.
    package var latency: Duration { timeToFirstByte + transfer }

    /// Creates a timing. Durations default to zero.
    package init(
        timeToFirstByte: Duration = .zero, held: Duration = .zero, transfer: Duration = .zero,
        inflate: Duration = .zero, decode: Duration = .zero
    ) {
        self.timeToFirstByte = timeToFirstByte
        self.held = held
        self.transfer = transfer
        self.inflate = inflate
        self.decode = decode
    }
}
