/// What is known of a run beyond the rows staged; the latest is written with every checkpoint.
public struct StagingStatistics: Sendable, Hashable {
    /// The location that the job turned out to run in; `nil` leaves the one of the intent.
    public var location: String?
    /// The rows of the whole result; if known, a run with another number of rows is not published.
    public var totalRows: Int64?
    /// What to ask with for the page after the last one staged, where pages are asked for by token.
    public var pageToken: String?
    /// The pages fetched.
    public var pages: Int64
    /// The bytes of the pages as they were received, compressed.
    public var wireBytes: Int64
    /// The bytes of the pages after inflating.
    public var inflatedBytes: Int64
    /// The bytes that the job read.
    public var bytesProcessed: Int64?
    /// The bytes that the job costs.
    public var bytesBilled: Int64?
    /// Whether the result came from the cache.
    public var cacheHit: Bool?

    /// Makes statistics; nothing fetched and nothing known by default.
    public init(
        location: String? = nil, totalRows: Int64? = nil, pageToken: String? = nil, pages: Int64 = 0,
        wireBytes: Int64 = 0, inflatedBytes: Int64 = 0, bytesProcessed: Int64? = nil, bytesBilled: Int64? = nil,
        cacheHit: Bool? = nil
    ) {
        self.location = location
        self.totalRows = totalRows
        self.pageToken = pageToken
        self.pages = pages
        self.wireBytes = wireBytes
        self.inflatedBytes = inflatedBytes
        self.bytesProcessed = bytesProcessed
        self.bytesBilled = bytesBilled
        self.cacheHit = cacheHit
    }
}
