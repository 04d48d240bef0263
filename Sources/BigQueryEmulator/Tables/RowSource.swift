/// The immutable rows of a table or a query's result, each at a fixed position.
protocol RowSource: Sendable {
    /// The same for sources that have the same values at the same positions; no other source has it.
    var identity: String { get }
    var fields: [Field] { get }
    var rowCount: Int64 { get }
    /// The size by which BigQuery would count the rows.
    var logicalBytes: Int64 { get }

    /// Adds the rows from position `start` on to `page`, in order, until it is full.
    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector
}

/// Takes the rows of one page up to its limits.
struct RowCollector: Sendable {
    private var encoder: any RowEncoding
    private let rowLimit: Int64
    private var remainingBytes: Int
    /// The columns to take of a row; all if `nil`.
    private var columns: [Int]?

    /// - Parameter byteLimit: The most that a page may hold by BigQuery's own row size; a larger row still
    ///   gets a page to itself.
    init(encoder: any RowEncoding, rowLimit: Int64, byteLimit: Int) {
        self.encoder = encoder
        self.rowLimit = rowLimit
        remainingBytes = byteLimit
    }

    /// The same page of rows of which only some columns are taken.
    func selecting(_ columns: [Int]) -> RowCollector {
        var page = self
        page.columns = columns
        return page
    }

    var rowCount: Int { encoder.rowCount }

    var isFull: Bool { encoder.rowCount >= rowLimit }

    /// Takes the row if it fits; otherwise the page is complete without it.
    mutating func take(_ row: [Value]) -> Bool {
        guard !isFull else { return false }
        let row = columns.map { columns in columns.map { row[$0] } } ?? row
        let byteLimit = encoder.rowCount == 0 ? Int.max : remainingBytes
        guard let size = encoder.append(row, byteLimit: byteLimit) else { return false }
        remainingBytes -= size
        return true
    }

    /// What was written of the rows.
    consuming func finish() -> [UInt8] { encoder.finish() }
}
