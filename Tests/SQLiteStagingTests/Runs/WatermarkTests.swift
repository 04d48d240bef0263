import BigQueryRows
import SQLiteStaging
import Testing

@Suite struct WatermarkTests {
    private func watermark(_ folder: StagingFolder, _ column: String = "c") async throws -> Watermark? {
        let database = try await StagingDatabase.open(folder.target("results", .append))
        let watermark = try await database.watermark(of: column)
        try await database.close()
        return watermark
    }

    private func stage(
        _ folder: StagingFolder, _ values: [CellValue], type: FieldType = .int64, column: String? = "c",
        _ ifExists: StagingTarget.ExistingTable? = .append, table: String = "results"
    ) async throws {
        try await folder.stage(
            values.map { [$0] }, schema: TableSchema(fields: [.init(name: "C", type: type)]),
            into: folder.target(table, ifExists), intent: .test(incrementalColumn: column))
    }

    static let values: [(FieldType, [CellValue], String)] = [
        (.int64, [.integer(-5), .null, .integer(10), .integer(9)], "10"),
        (.date, [.text("2024-01-31"), .text("2024-02-01")], "2024-02-01"),
        (.datetime, [.text("2024-01-01T00:00:00"), .text("2024-01-01T00:00:00.5")], "2024-01-01T00:00:00.5"),
        (
            .timestamp, [.text("2024-01-01T00:00:00.000000Z"), .text("2023-12-31T23:59:59.999999Z")],
            "2024-01-01T00:00:00.000000Z"
        ),
    ]

    @Test(arguments: values)
    func isTheHighestStagedValue(_ type: FieldType, _ values: [CellValue], _ highest: String) async throws {
        try await StagingFolder.with { folder in
            #expect(try await watermark(folder) == nil)
            try await stage(folder, values, type: type)
            #expect(try await watermark(folder) == Watermark(column: "C", type: type, value: highest))
        }
    }

    @Test func staysWithoutNewRows() async throws {
        try await StagingFolder.with { folder in
            try await stage(folder, [.integer(7)])
            try await stage(folder, [])
            #expect(try await watermark(folder, "c")?.value == "7")
            #expect(try await watermark(folder, "other") == nil)
            try await stage(folder, [.integer(1)], table: "elsewhere")
            #expect(try await watermark(folder)?.value == "7")
            // Runs without the incremental column do not move it.
            try await stage(folder, [.integer(99)], column: nil)
            #expect(try await watermark(folder)?.value == "7")
        }
    }

    /// A run has published rows, so rows without a value are not new.
    @Test func hasNoValueIfEveryRowIsNull() async throws {
        try await StagingFolder.with { folder in
            try await stage(folder, [.null])
            #expect(try await watermark(folder) == Watermark(column: "C", type: .int64, value: nil))
        }
    }

    @Test func endsWithTheTable() async throws {
        try await StagingFolder.with { folder in
            try await stage(folder, [.integer(7)])
            try await stage(folder, [.integer(1)], column: nil, .replace)
            #expect(try await watermark(folder) == nil)
            try await stage(folder, [.integer(8)])
            #expect(try await watermark(folder)?.value == "8")
            try folder.execute("DROP TABLE results")
            #expect(try await watermark(folder) == nil)
            // In every mode of the run that creates the table again.
            try await stage(folder, [.integer(1)], column: nil)
            #expect(try await watermark(folder) == nil)
            try await stage(folder, [.integer(2)])
            #expect(try await watermark(folder)?.value == "2")
        }
    }

    @Test func isNotMovedByAnUnpublishedRun() async throws {
        try await StagingFolder.with { folder in
            try await stage(folder, [.integer(7)])
            try await folder.withRun(folder.target("results", .append), intent: .test(incrementalColumn: "c")) { run in
                try await run.begin(TableSchema(fields: [.init(name: "C", type: .int64)]))
                try await run.append(RowPage(firstRow: 0, integers: [50]))
            }
            #expect(try await watermark(folder)?.value == "7")
        }
    }

    @Test func needsItsColumnInTheResult() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.unknownColumn) { try await stage(folder, [.integer(1)], column: "missing") }
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name = 'results'") == [])
        }
    }
}
