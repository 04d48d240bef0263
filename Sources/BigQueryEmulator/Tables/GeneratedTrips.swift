/// A table of invented taxi trips with a column of every type, computed from the row number.
///
/// Row `i` is the same in every table that has it, so a test may use a small table where a benchmark uses a
/// large one.
struct GeneratedTrips: RowSource {
    /// The dataset that holds `trips_N` for every N.
    static let dataset = "bench"

    /// The tables of the dataset that a list of them shows.
    static let listedTables = ["trips_1000", "trips_100000", "trips_1000000"]

    /// An estimate of a row's size; counting would mean computing every row.
    private static let typicalRowBytes: Int64 = 330

    private(set) var rowCount: Int64
    private(set) var fields = Self.tableFields

    /// The table named `trips_N`; `nil` for all other names.
    init?(tableName: String) {
        guard tableName.hasPrefix("trips_"), let count = Int64(tableName.dropFirst(6)), count >= 0,
            tableName == "trips_\(count)"
        else { return nil }
        rowCount = count
    }

    var logicalBytes: Int64 { rowCount.multipliedReportingOverflow(by: Self.typicalRowBytes).partialValue }

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
    func result(limit: Int64) -> GeneratedTrips {
        var result = self
        result.rowCount = min(rowCount, limit)
        result.fields = fields.map(\.asResult)
        return result
    }
}

extension GeneratedTrips {
    private static let tableFields: [Field] = [
        Field(name: "trip_id", type: .int64, mode: .required, description: "The row's position"),
        Field(name: "vendor", type: .string, mode: .required),
        Field(name: "pickup_at", type: .timestamp),
        Field(name: "pickup_date", type: .date),
        Field(name: "pickup_time", type: .time),
        Field(name: "pickup_local", type: .datetime),
        Field(name: "passengers", type: .int64),
        Field(name: "distance_km", type: .float64),
        Field(name: "fare", type: .numeric),
        Field(name: "fare_exact", type: .bignumeric),
        Field(name: "paid_by_card", type: .bool),
        Field(name: "note", type: .string),
        Field(name: "receipt", type: .bytes),
        Field(name: "details", type: .json),
        Field(name: "pickup_point", type: .geography),
        Field(name: "waiting", type: .interval),
        Field(name: "tariff", type: .range, rangeElement: .date),
        Field(
            name: "rider", type: .structure,
            fields: [
                Field(name: "name", type: .string), Field(name: "rating", type: .float64),
                Field(
                    name: "home", type: .structure,
                    fields: [Field(name: "city", type: .string), Field(name: "zip", type: .int64)]),
            ]),
        Field(name: "tags", type: .string, mode: .repeated),
        Field(
            name: "stops", type: .structure, mode: .repeated,
            fields: [
                Field(name: "at", type: .timestamp), Field(name: "place", type: .string),
                Field(name: "boarded", type: .int64, mode: .repeated),
            ]),
    ]
}
