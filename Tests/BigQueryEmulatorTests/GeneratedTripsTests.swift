import Testing

@testable import BigQueryEmulator

@Suite struct GeneratedTripsTests {
    private let trips: GeneratedTrips
    private let rows: [[Value]]

    init() throws {
        let trips = try #require(GeneratedTrips(tableName: "trips_3000"))
        self.trips = trips
        rows = (0..<trips.rowCount).map { position in
            var row: [Value] = []
            trips.writeRow(position, into: &row)
            return row
        }
    }

    @Test func areTheSameWhateverTheTablesName() async throws {
        try await withClient { client in
            let small = try await client.get("datasets/bench/tables/trips_50/data")
            let large = try await client.get("datasets/bench/tables/trips_1000000/data?maxResults=50")
            #expect(small.cells.count == 50)
            #expect(small.cells == large.cells)
            let tail = try await client.get("datasets/bench/tables/trips_1000000000000/data?startIndex=999999999999")
            #expect(tail.cells.map { $0[0] } == ["999999999999"])
        }
    }

    @Test func doNotChangeFromOneVersionToTheNext() {
        var encoder = RowEncoder(fields: trips.fields, timestamps: .microseconds)
        for row in rows { _ = encoder.append(row, byteLimit: .max) }
        let hash = encoder.finish().reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        #expect(hash == 2_570_393_807_260_734_561)
    }

    @Test func fitTheirSchema() throws {
        let fields = trips.fields
        for row in rows {
            #expect(row.count == fields.count)
            for (value, field) in zip(row, fields) where field.mode != .required || value != .null {
                // JSON's null inside a STRUCT is not told from SQL's NULL.
                if value == .text("null") { continue }
                let again = try Value(json: value.storedJSON(field), field: field)
                // NaN is not equal to itself.
                #expect("\(again)" == "\(value)")
            }
        }
    }

    @Test func holdEveryTypeAndEveryKindOfValue() {
        let fields = trips.fields
        let types = Set(fields.map(\.type))
        let all: Set<FieldType> = [
            .int64, .float64, .numeric, .bignumeric, .bool, .string, .bytes, .json, .geography, .date, .time, .datetime,
            .timestamp, .interval, .range, .structure,
        ]
        #expect(types == all)
        let nullable = fields.indices.filter { index in rows.contains { $0[index] == .null } }.map { fields[$0].name }
        #expect(nullable.contains("note") && nullable.contains("rider") && nullable.contains("fare"))
        let notes = Set(rows.map { "\($0[11])" })
        #expect(notes.count > 20)
    }
}
