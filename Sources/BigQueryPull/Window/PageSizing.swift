import BigQueryRows

/// How many rows to ask for, by the size of those that have arrived.
struct PageSizing {
    private let limits: PullLimits
    private var rows: Int64 = 0
    private var inflatedBytes = 0
    private var memory = 0
    private var isUpdated = false

    init(_ limits: PullLimits) {
        self.limits = limits
        rowsPerPage = min(limits.pageRows ?? PullLimits.firstPageRows, PullLimits.mostPageRows)
    }

    /// Adds a page that has arrived.
    mutating func note(_ page: ResultPage) {
        rows += Int64(page.rows.rowCount)
        inflatedBytes += page.inflatedByteCount
        memory += page.rows.byteCount
        update()
    }

    /// The rows of a page of the size aimed at, by the average so far: as many as make ``PullLimits/pageBytes``, or fewer
    /// if the memory could not hold those that are read ahead, but never so few that requests cost more than what they
    /// bring.
    ///
    /// Two digits, and changed only if the average changed by a fifth, so that a result is mostly cut in the same places.
    private(set) var rowsPerPage: Int

    private mutating func update() {
        guard limits.pageRows == nil, rows > 0 else { return }
        let inflatedBytesPerRow = max(1, inflatedBytes / Int(rows))
        let share = limits.memory / (PullWindow.pagesAhead + 1)
        let count = min(
            limits.pageBytes / inflatedBytesPerRow,
            max(share / max(1, bytesPerRow), PullLimits.smallestPageBytes / inflatedBytesPerRow))
        guard !isUpdated || abs(count - rowsPerPage) > rowsPerPage / 5 else { return }
        isUpdated = true
        var unit = 1
        while count / unit >= 100 { unit *= 10 }
        rowsPerPage = max(1, count / unit * unit)
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
