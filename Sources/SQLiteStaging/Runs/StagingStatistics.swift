/// Counters and job facts of a run, recorded with every checkpoint.
package struct StagingStatistics: Sendable, Hashable {
    /// The location that the job runs in; `nil` keeps that of the intent.
    package var location: String?
    /// The number of rows in the result. If known, a run with another number of rows is not published.
    package var totalRows: Int64?
    /// The token of the page after the last staged one, where pages are requested by token.
    package var pageToken: String?
    /// The number of fetched pages.
    package var pages: Int64
    /// The compressed size of the pages in bytes.
    package var wireBytes: Int64
    /// The inflated size of the pages in bytes.
    package var inflatedBytes: Int64
    /// The bytes processed by the job.
    package var bytesProcessed: Int64?
    /// The bytes billed for the job.
    package var bytesBilled: Int64?
    /// Whether the result came from the cache.
    package var cacheHit: Bool?

    /// Creates statistics; by default, nothing is fetched and nothing is known.
    package init(
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
