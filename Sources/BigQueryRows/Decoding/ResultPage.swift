/// One answer of `jobs.getQueryResults` or `tabledata.list`.
public struct ResultPage: Sendable {
    /// Whether the job is done; `nil` if the answer does not say (`tabledata.list` never does).
    public var jobComplete: Bool?
    /// The schema that the answer carries.
    public var schema: TableSchema?
    /// The number of rows of the whole result.
    public var totalRows: Int64?
    /// What to ask with for the next page; `nil` at the end, for which the service sends none, others an
    /// empty one.
    public var pageToken: String?
    /// The rows; none if the answer has none.
    public var rows: RowPage
    /// The columns of mode REQUIRED in which a NULL was met, in the order in which they were met.
    ///
    /// Their cells are NULL all the same; it is for the caller to warn.
    public var nullsInRequired: [Int]
    /// The length of the JSON text.
    public var inflatedByteCount: Int
    /// The length of the body on the wire.
    public var wireByteCount: Int
    /// Where its time went; zero unless whoever fetched the page measured it.
    public var timing = PageTiming()

    /// Makes an answer; what is left out is absent or zero.
    public init(
        jobComplete: Bool? = nil, schema: TableSchema? = nil, totalRows: Int64? = nil,
        pageToken: String? = nil,
        rows: RowPage, nullsInRequired: [Int] = [], inflatedByteCount: Int = 0, wireByteCount: Int = 0
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
