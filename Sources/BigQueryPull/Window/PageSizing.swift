import BigQueryRows

/// How many rows to ask for, by the size of those that have arrived.
struct PageSizing {
    private let limits: PullLimits
    private var rows: Int64 = 0
    private var inflatedBytes = 0
    private var memory = 0

    init(_ limits: PullLimits) {
        self.limits = limits
    }

    /// Adds a page that has arrived.
    mutating func note(_ page: ResultPage) {
        rows += Int64(page.rows.rowCount)
        inflatedBytes += page.inflatedByteCount
        memory += page.rows.byteCount
    }

    /// The rows of a page of the size aimed at, by the average so far.
    var rowsPerPage: Int {
        if let pageRows = limits.pageRows { return pageRows }
        guard rows > 0 else { return PullLimits.firstPageRows }
        return max(1, limits.pageBytes / max(1, inflatedBytes / Int(rows)))
    }

    /// The memory of a row, by the average so far.
    var bytesPerRow: Int { rows > 0 ? memory / Int(rows) : 0 }

    /// Asks for a page of so many rows, and once more for half of them if it is too large.
    static func halvingOnce(
        _ rowCount: Int, _ fetch: (_ rowCount: Int) async throws -> ResultPage
    ) async throws -> ResultPage {
        do {
            return try await fetch(rowCount)
        } catch let error as RowsError where error.code == .bodyTooLarge {
            return try await fetch(max(1, rowCount / 2))
        }
    }
}
