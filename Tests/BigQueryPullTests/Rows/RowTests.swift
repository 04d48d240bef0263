import BigQueryPull
import BigQueryRows
import Testing

@Suite struct RowTests {
    private static let numbered = row([
        (Field(name: "id", type: .int64), .integer(7)), (Field(name: "ID", type: .string), .text("seven")),
        (Field(name: "straße", type: .bool), .integer(1)), (Field(name: "id", type: .int64), .integer(8)),
    ])

    @Test func hasTheNamesOfAStagingTable() {
        #expect(Self.numbered.columnNames == ["id", "ID_2", "straße", "id_3"])
        #expect(Self.numbered.schema.fields.map(\.name) == ["id", "ID", "straße", "id"])
        #expect(Self.numbered.count == 4)
        #expect(Self.numbered.index == 16)
    }

    @Test(arguments: [
        ("id", 0), ("ID", 0), ("id_2", 1), ("Id_2", 1), ("STRAßE", 2), ("id_3", 3),
    ])
    func findsAColumnByNameInAnyCase(name: String, index: Int) throws {
        #expect(try Self.numbered[name, as: String.self] == Self.numbered[index, as: String.self])
    }

    /// Canonically equivalent names are equal as Swift strings, but not in BigQuery.
    @Test func distinguishesNamesByBytes() throws {
        let row = row([
            (Field(name: "\u{e9}", type: .int64), .integer(1)), (Field(name: "e\u{301}", type: .int64), .integer(2)),
        ])
        #expect(try row["\u{e9}", as: Int.self] == 1)
        #expect(try row["e\u{301}", as: Int.self] == 2)
    }

    @Test(arguments: ["", "i", "id_1", "STRASSE", "id "])
    func reportsAnUnknownName(name: String) {
        expectError(.noSuchColumn, "row 17: no column \"\(name)\"") { _ = try Self.numbered[name, as: Int.self] }
        expectError(.noSuchColumn, "row 17: no column \"\(name)\"") { _ = try Self.numbered[name, as: [Int].self] }
    }

    @Test func suggestsASimilarName() throws {
        let error = #expect(throws: PullError.self) { _ = try Self.numbered["strase", as: Bool.self] }
        #expect(error?.detail == .similarName("straße"))
    }

    @Test(arguments: [-1, 4, .min, .max])
    func reportsAnIndexOutsideTheRow(index: Int) {
        let message = "row 17: no column at index \(index), the row has 4"
        expectError(.noSuchColumn, message) { _ = try Self.numbered[index, as: Int.self] }
        expectError(.noSuchColumn, message) { _ = try Self.numbered[index, as: [Int].self] }
    }

    @Test func takesTheTypeFromTheContext() throws {
        let id: Int64 = try Self.numbered["id"]
        let name: String? = try Self.numbered[1]
        #expect(id == 7)
        #expect(name == "seven")
    }

    @Test func readsEveryRowOfAPage() throws {
        let columns = RowColumns(TableSchema(fields: [Field(name: "a", type: .int64), Field(name: "b", type: .int64)]))
        let page = RowPage(firstRow: 100, columnCount: 2, bytes: [], cells: (0..<6).map { .integer($0) })
        let batch = RowBatch(page: page, columns: columns)
        let rows = (0..<batch.rowCount).map { BigQueryRow(batch: batch, position: $0) }
        #expect(rows.map(\.index) == [100, 101, 102])
        #expect(try rows.map { try $0["a", as: Int.self] } == [0, 2, 4])
        #expect(try rows.map { try $0["b", as: Int.self] } == [1, 3, 5])
    }
}
