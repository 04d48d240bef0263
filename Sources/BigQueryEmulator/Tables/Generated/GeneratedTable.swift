/// A table of invented rows, computed from the row number.
///
/// Row `i` is the same in every table of a shape that has it, so a test may use a small table where a benchmark
/// uses a large one.
struct GeneratedTable: RowSource {
    /// The dataset that holds the tables: of every shape one for every number of rows.
    static let dataset = "bench"

    /// The tables of the dataset that a list of them shows.
    static let listedNames = shapes.keys.flatMap { name in [1000, 100_000, 1_000_000].map { "\(name)_\($0)" } }

    private static let shapes: [String: any RowShape] = [
        "nested": NestedRows(), "numbers": NumberRows(), "texts": TextRows(), "trips": TripRows(),
    ]

    /// The name of the shape.
    let identity: String
    private(set) var rowCount: Int64
    private(set) var fields: [SchemaField]
    private let shape: any RowShape

    /// The table named `SHAPE_N`, for example `trips_1000`; `nil` for all other names.
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

    /// Replaces `row` by the row at `position`.
    func writeRow(_ position: Int64, into row: inout [Value]) {
        row.removeAll(keepingCapacity: true)
        shape.writeRow(position, into: &row)
    }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector {
        var page = page
        var row: [Value] = []
        row.reserveCapacity(fields.count)
        var position = start
        while position < rowCount {
            writeRow(position, into: &row)
            guard page.take(row) else { break }
            position += 1
            // Other requests get a turn: this is computation that never waits.
            if position % 1024 == 0 { await Task.yield() }
        }
        return page
    }

    /// The result of a query for all columns of the first rows.
    func result(limit: Int64) -> GeneratedTable {
        var result = self
        result.rowCount = min(rowCount, limit)
        result.fields = fields.map(\.asResult)
        return result
    }
}

/// Columns, and a way to compute a row of them from nothing but its number.
protocol RowShape: Sendable {
    var fields: [SchemaField] { get }
    /// An estimate of a row's size as BigQuery counts it; counting would mean computing every row.
    var typicalRowBytes: Int64 { get }

    /// Replaces `row` by the row at `position`.
    func writeRow(_ position: Int64, into row: inout [Value])
}

/// Sebastiano Vigna's splitmix64: numbers that depend on nothing but the seed, on every platform.
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

    /// A number from 0 to `bound - 1`.
    mutating func number(below bound: Int64) -> Int64 {
        Int64(next() % UInt64(bound))
    }

    /// True once in `interval` times.
    mutating func isRare(_ interval: UInt64) -> Bool {
        next() % interval == 0
    }

    mutating func element<Element>(of elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }
}
