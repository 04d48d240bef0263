/// The immutable rows of a table or a query's result, each at a fixed position.
protocol RowSource: Sendable {
    /// The same for sources that have the same values at the same positions; no other source has it.
    var identity: String { get }
    var fields: [SchemaField] { get }
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

/// Writes rows in some form, one after another.
protocol RowEncoding: Sendable {
    /// The number of rows so far.
    var rowCount: Int { get }

    /// Adds a row unless it is larger than it may be.
    ///
    /// - Returns: The row's size by BigQuery's count, or 0 if this form has no limit; `nil` if it was not added.
    mutating func append(_ row: [Value], byteLimit: Int) -> Int?

    /// All that was written, which is here no longer.
    mutating func finish() -> [UInt8]
}

/// Some columns of a table, in the table's order, as tabledata.list's `selectedFields` names them.
struct SelectedFields: RowSource {
    let fields: [SchemaField]
    private let source: any RowSource
    private let columns: [Int]

    /// - Parameter names: Names of top-level columns between commas; a path into a STRUCT selects all of it.
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
