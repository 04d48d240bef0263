/// The immutable rows of a table or query result, addressed by position.
protocol RowSource: Sendable {
    /// Identifies the content: two sources have the same identity only if they have the same values at the same
    /// positions.
    var identity: String { get }
    var fields: [SchemaField] { get }
    var rowCount: Int64 { get }
    /// The size of the rows in BigQuery's logical bytes.
    var logicalBytes: Int64 { get }

    /// Appends rows to `page`, from position `start`, until it is full.
    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector
}

/// Collects the rows of one page up to its limits.
struct RowCollector: Sendable {
    private var encoder: any RowEncoding
    private let rowLimit: Int64
    private var remainingBytes: Int
    /// The indices of the columns to keep; `nil` keeps all.
    private var columns: [Int]?

    /// Creates a collector of at most `byteLimit` logical bytes. A larger row gets a separate page.
    init(encoder: any RowEncoding, rowLimit: Int64, byteLimit: Int) {
        self.encoder = encoder
        self.rowLimit = rowLimit
        remainingBytes = byteLimit
    }

    /// Returns a collector that keeps only some columns of each row.
    func selecting(_ columns: [Int]) -> RowCollector {
        var page = self
        page.columns = columns
        return page
    }

    var rowCount: Int { encoder.rowCount }

    var isFull: Bool { encoder.rowCount >= rowLimit }

    /// Appends the row if it fits; returns false if the page is complete without it.
    mutating func take(_ row: [SQLValue]) -> Bool {
        guard !isFull else { return false }
        let row = columns.map { columns in columns.map { row[$0] } } ?? row
        let byteLimit = encoder.rowCount == 0 ? Int.max : remainingBytes
        guard let size = encoder.append(row, byteLimit: byteLimit) else { return false }
        remainingBytes -= size
        return true
    }

    /// Returns the encoded rows.
    consuming func finish() -> [UInt8] { encoder.finish() }
}

/// An incremental encoder for rows.
protocol RowEncoding: Sendable {
    /// The number of rows appended.
    var rowCount: Int { get }

    /// Appends a row if it fits.
    ///
    /// - Returns: the row's size in BigQuery's logical bytes, or 0 if the format has no size limit; `nil` if the row
    ///   exceeds `byteLimit` and was not appended.
    mutating func append(_ row: [SQLValue], byteLimit: Int) -> Int?

    /// Returns the encoded rows and resets the encoder.
    mutating func finish() -> [UInt8]
}

/// A subset of a table's columns, in the table's order, selected by tabledata.list's `selectedFields`.
struct SelectedFields: RowSource {
    let fields: [SchemaField]
    private let source: any RowSource
    private let columns: [Int]

    /// Selects top-level columns by comma-separated names. A path into a STRUCT selects the whole column.
    init(_ source: any RowSource, names: String) throws(ServiceError) {
        var columns: [Int] = []
        for path in names.split(separator: ",") {
            let name = path.prefix { $0 != "." }.lowercased()
            guard let column = source.fields.firstIndex(where: { $0.name.lowercased() == name }) else {
                throw ServiceError(.invalid, "No such field: \(path).")
            }
            columns.append(column)
        }
        self.source = source
        self.columns = Set(columns).sorted()
        fields = self.columns.map { source.fields[$0] }
    }

    var identity: String { "\(source.identity)\(columns)" }
    var rowCount: Int64 { source.rowCount }
    var logicalBytes: Int64 { source.logicalBytes }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector {
        try await source.fill(page.selecting(columns), from: start)
    }
}
