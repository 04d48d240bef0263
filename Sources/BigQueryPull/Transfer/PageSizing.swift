import BigQueryRows

/// Finds the number of rows to request per page, from the size of those that have arrived.
struct PageSizing {
    private let limits: PullLimits
    private var rows: Int64 = 0
    private var inflatedBytes = 0
    private var memory = 0
    private var isUpdated = false

    init(_ limits: PullLimits) {
        self.limits = limits
        rowsPerPage = min(limits.pageRows ?? PullLimits.firstPageRows, PullLimits.maxPageRows)
    }

    /// Takes the size of a page into account.
    mutating func note(_ page: ResultPage) {
        rows += Int64(page.rows.rowCount)
        inflatedBytes += page.inflatedByteCount
        memory += page.rows.byteCount
        update()
    }

    /// The number of rows per page: with the average size so far, a page of ``PullLimits/pageBytes``, or smaller if the
    /// memory cannot hold the pages read ahead, but not smaller than ``PullLimits/minPageBytes``.
    ///
    /// Rounded to two digits, and changed only if it changes by 20 %, so that results are split at mostly the same rows.
    private(set) var rowsPerPage: Int

    private mutating func update() {
        guard limits.pageRows == nil, rows > 0 else { return }
        let inflatedBytesPerRow = max(1, inflatedBytes / Int(rows))
        let share = limits.memory / (PullWindow.pagesAhead + 1)
        let count = min(
            limits.pageBytes / inflatedBytesPerRow,
            max(share / max(1, bytesPerRow), PullLimits.minPageBytes / inflatedBytesPerRow))
        guard !isUpdated || abs(count - rowsPerPage) > rowsPerPage / 5 else { return }
        isUpdated = true
        var unit = 1
        while count / unit >= 100 { unit *= 10 }
        rowsPerPage = max(1, count / unit * unit)
    }

    /// The average memory per row so far, in bytes.
    var bytesPerRow: Int { rows > 0 ? memory / Int(rows) : 0 }
}
