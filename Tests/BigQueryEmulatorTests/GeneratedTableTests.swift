import Testing

@testable import BigQueryEmulator

@Suite struct GeneratedTableTests {
    private static let shapes = ["nested", "numbers", "texts", "trips"]

    /// Returns the rows of a shape's table.
    private func rows(_ shape: String, count: Int64 = 3000) throws -> (fields: [SchemaField], rows: [[SQLValue]]) {
        let table = try #require(GeneratedTable(name: "\(shape)_\(count)"))
        let rows = (0..<count).map { position in
            var row: [SQLValue] = [.null]
            table.writeRow(position, into: &row)
            return row
        }
        return (table.fields, rows)
    }

    private func json(_ rows: [[SQLValue]], _ fields: [SchemaField]) -> (bytes: [UInt8], logicalBytes: Int) {
        var encoder = RESTRowEncoder(fields: fields, timestamps: .microseconds)
        let sizes = rows.compactMap { encoder.append($0, byteLimit: .max) }
        return (encoder.finish(), sizes.reduce(0, +))
    }

    @Test(arguments: shapes)
    func rowsDoNotDependOnTheTableSize(shape: String) async throws {
        try await withClient { client in
            let small = try await client.get("datasets/bench/tables/\(shape)_50/data")
            let large = try await client.get("datasets/bench/tables/\(shape)_1000000/data?maxResults=50")
            #expect(small.cells.count == 50)
            #expect(small.cells == large.cells)
            let last = "datasets/bench/tables/\(shape)_9223372036854775807/data?startIndex=9223372036854775806"
            #expect(try await client.get(last).cells.map { $0[0] } == ["9223372036854775806"])
        }
    }

    @Test(
        arguments: [
            ("nested", 16_003_930_092_919_217_276), ("numbers", 9_435_850_659_991_792_478),
            ("texts", 17_055_714_799_857_472_834), ("trips", 2_570_393_807_260_734_561),
        ] as [(String, UInt64)])
    func rowsAreStableAcrossVersions(shape: String, expected: UInt64) throws {
        let (fields, rows) = try rows(shape)
        let hash = json(rows, fields).bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        #expect(hash == expected)
    }

    @Test(arguments: shapes)
    func rowsMatchTheirSchema(shape: String) throws {
        let (fields, rows) = try rows(shape)
        for row in rows {
            #expect(row.count == fields.count)
            for (value, field) in zip(row, fields) where field.mode != .required || value != .null {
                // JSON null inside a STRUCT is indistinguishable from SQL NULL.
                if value == .text("null") { continue }
                let again = try SQLValue(json: value.storedJSON(field), field: field)
                #expect("\(again)" == "\(value)")
            }
        }
    }

    @Test(arguments: ["nested", "numbers", "texts"])
    func estimatesTheRowSize(shape: String) throws {
        let (fields, rows) = try rows(shape)
        let table = try #require(GeneratedTable(name: "\(shape)_3000"))
        let reported = Double(table.logicalBytes)
        let counted = Double(json(rows, fields).logicalBytes)
        #expect((0.9 * reported...1.1 * reported).contains(counted))
    }

    @Test(arguments: shapes)
    func sqlReadsTheSameRows(shape: String) async throws {
        try await withClient { client in
            let computed = try await client.results("SELECT * FROM bench.\(shape)_40")
            let stored = try await client.results("SELECT * FROM bench.\(shape)_40 ORDER BY 1")
            #expect(computed.cells.count == 40)
            let isTheSame = stored.cells == computed.cells
            #expect(isTheSame)
            #expect(stored.columns == computed.columns)
        }
    }

    @Test(arguments: ["trips", "trips_", "trips_01", "trips_-1", "trips_1_2", "_1", "other_1", "Trips_1", "trips_+1"])
    func rejectsOtherNames(name: String) {
        #expect(GeneratedTable(name: name) == nil)
    }

    @Test func tripsCoverEveryTypeAndValue() throws {
        let (fields, rows) = try rows("trips")
        let types = Set(fields.map(\.type))
        let all: Set<GoogleSQLType> = [
            .int64, .float64, .numeric, .bignumeric, .bool, .string, .bytes, .json, .geography, .date, .time, .datetime,
            .timestamp, .interval, .range, .structure,
        ]
        #expect(types == all)
        let nullable = fields.indices.filter { index in rows.contains { $0[index] == .null } }.map { fields[$0].name }
        #expect(nullable.contains("note") && nullable.contains("rider") && nullable.contains("fare"))
        let notes = Set(rows.map { "\($0[11])" })
        #expect(notes.count > 20)
    }

    @Test func numbersAreNarrow() throws {
        let (fields, rows) = try rows("numbers", count: 20_000)
        #expect(fields.count == 16)
        #expect(fields.count { $0.type == .int64 || $0.type == .float64 } == 11)
        let bytes = json(rows, fields).bytes
        #expect((304...310).contains(bytes.count / rows.count))
        let gzip = try GzipWriter()
        let compressed = try gzip.compress(bytes[...]).count + gzip.finish().count
        #expect((0.2...0.35).contains(Double(compressed) / Double(bytes.count)))
    }

    @Test func textsAreWideAndInManyScripts() throws {
        let (fields, rows) = try rows("texts")
        #expect(fields.map(\.type) == [.int64] + Array(repeating: .string, count: 7) + [.bytes])
        for column in 1...7 {
            let sizes = rows.compactMap { if case .text(let text) = $0[column] { text.utf8.count } else { nil } }
            #expect(sizes.allSatisfy { (25...400).contains($0) })
        }
        let json = String(decoding: json(rows, fields).bytes, as: UTF8.self)
        for part in [#"\""#, #"\\"#, #"\n"#, #"\r\n"#, #"\t"#, #"\u003c"#, #"\u003e"#, #"\u0026"#, "null"] {
            #expect(json.contains(part))
        }
        for word in ["человек", "你", "كتاب", "जीवन", "🤷🏽‍♀️", "naïve"] { #expect(json.contains(word)) }
    }

    @Test func nestedValuesAreThreeLevelsDeep() throws {
        let (fields, rows) = try rows("nested")
        func depth(_ field: SchemaField) -> Int {
            field.type == .structure ? 1 + (field.fields.map(depth).max() ?? 0) : 0
        }
        #expect(fields.map(depth) == [0, 3, 0, 0, 2, 1])
        #expect(fields.map { $0.mode == .repeated } == [false, false, true, true, true, false])
        for index in 2...4 { #expect(rows.contains { $0[index] == .list([]) }) }
        for index in [1, 5] { #expect(rows.contains { $0[index] == .null }) }
    }
}
