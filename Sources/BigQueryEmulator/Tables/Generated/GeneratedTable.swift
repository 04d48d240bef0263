/// A table of synthetic rows, computed from the row number.
///
/// Row `i` is identical in all tables of a shape, so a test can use a small table where a benchmark uses a large one.
struct GeneratedTable: RowSource {
    /// The dataset of the generated tables.
    static let dataset = "bench"

    /// The tables that appear in a list of the dataset's tables.
    static let listedNames = shapes.keys.flatMap { name in [1000, 100_000, 1_000_000].map { "\(name)_\($0)" } }

    private static let shapes: [String: any RowShape] = [
        "nested": NestedRows(), "numbers": NumberRows(), "texts": TextRows(), "trips": TripRows(),
    ]

    /// The name of the shape.
    let identity: String
    private(set) var rowCount: Int64
    private(set) var fields: [SchemaField]
    private let shape: any RowShape

    /// Creates the table named `SHAPE_N`, such as `trips_1000`; `nil` for any other name.
    init?(name: String) {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let shape = Self.shapes[String(parts[0])], let count = Int64(parts[1]), count >= 0,
            name == "\(parts[0])_\(count)"
        else { return nil }
        self.shape = shape
        identity = String(parts[0])
        rowCount = count
        fields = shape.fields
    }

    var logicalBytes: Int64 {
        let (bytes, isOverflow) = rowCount.multipliedReportingOverflow(by: shape.typicalRowBytes)
        return isOverflow ? .max : bytes
    }

    /// Replaces `row` with the row at `position`.
    func writeRow(_ position: Int64, into row: inout [SQLValue]) {
        row.removeAll(keepingCapacity: true)
        shape.writeRow(position, into: &row)
    }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector {
        var page = page
        var row: [SQLValue] = []
        row.reserveCapacity(fields.count)
        var position = start
        while position < rowCount {
            writeRow(position, into: &row)
            guard page.take(row) else { break }
            position += 1
            // This computation never suspends by itself; let other requests run.
            if position % 1024 == 0 { await Task.yield() }
        }
        return page
    }

    /// The result of a query that selects all columns of the first rows.
    func result(limit: Int64) -> GeneratedTable {
        var result = self
        result.rowCount = min(rowCount, limit)
        result.fields = fields.map(\.asResult)
        return result
    }
}

/// The columns of a generated table, and a function from row number to row.
protocol RowShape: Sendable {
    var fields: [SchemaField] { get }
    /// The estimated size of a row in BigQuery's logical bytes. An exact size would require all rows.
    var typicalRowBytes: Int64 { get }

    /// Appends the cells of the row at `position` to an empty `row`.
    func writeRow(_ position: Int64, into row: inout [SQLValue])
}

/// Sebastiano Vigna's SplitMix64 generator: the same sequence for a seed on every platform.
struct SplitMix64 {
    private var state: UInt64

    init(state: UInt64) {
        self.state = state
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Returns a number in 0..<bound.
    mutating func number(below bound: Int64) -> Int64 {
        Int64(next() % UInt64(bound))
    }

    /// Returns true with a probability of 1 in `interval`.
    mutating func isRare(_ interval: UInt64) -> Bool {
        next() % interval == 0
    }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }
}
