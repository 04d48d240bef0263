import BigQuery
import BigQueryEmulator
import BigQueryRows
import Foundation
import TestSupport
import Testing

/// Tables of the emulator, read with a client.
@Suite struct EmulatorTableTests {
    private static let trips = TableReference(project: "local-project", dataset: "bench", table: "trips_300")

    /// For every type, with pages limited by bytes, by token and by row.
    @Test(arguments: [nil, ["trip_id", "stops", "rider", "pickup_at"]])
    func hasTheRowsOfAQuery(columns: [String]?) async throws {
        try await EmulatorFixture.with(EmulatorConfiguration(pageBytes: 20_000)) { fixture in
            let client = fixture.client
            let table = try await client.fetchTable(Self.trips)
            let job = try await client.insertJob(
                QueryRequest("SELECT \(columns?.joined(separator: ", ") ?? "*") FROM bench.trips_300"),
                as: JobReference(projectID: "local-project", jobID: JobReference.newID()))
            var sizes: [Int] = []
            var row: Int64 = 0
            var token: String?
            repeat {
                let position = token.map { TablePosition.token($0, row: row) } ?? .row(row)
                let page = try await client.fetchTablePage(
                    of: Self.trips, schema: table.schema, selectedFields: columns, from: position, maximumRows: 70)
                let again = try await client.fetchTablePage(
                    of: Self.trips, schema: table.schema, selectedFields: columns, from: .row(row), maximumRows: 70)
                let schema = try columns.map { try table.schema.selecting($0) } ?? table.schema
                // By name, since a query returns columns in the order of its SELECT list.
                let order = columns ?? table.schema.fields.map(\.name)
                let result = try await client.fetchFirstPage(RowRange(start: 0, count: 1), of: job.reference)
                let resultSchema = try #require(result.schema)
                #expect(resultSchema.fields.map(\.name) == order)
                let expected = try await client.fetchPage(
                    RowRange(start: row, count: page.rows.rowCount), of: job.reference, schema: resultSchema)
                let count = min(page.rows.rowCount, expected.rows.rowCount)
                #expect(count > 0)
                for index in 0..<count {
                    for (column, field) in schema.fields.enumerated() {
                        let place = try #require(order.firstIndex(of: field.name))
                        #expect(page.rows[index, column] == expected.rows[index, place])
                        #expect(again.rows[index, column] == page.rows[index, column])
                    }
                }
                #expect(page.totalRows == 300)
                sizes.append(page.rows.rowCount)
                row += Int64(page.rows.rowCount)
                token = page.pageToken
            } while token != nil
            #expect(row == 300)
            #expect(sizes.count > 3)
        }
    }

    @Test func aChangeChangesTheEtag() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("t.csv")
            try Data("id\n1\n".utf8).write(to: URL(filePath: file))
            let source = EmulatorConfiguration.TableSource(dataset: "d", table: "t", file: file)
            try await fixture.emulator.load(source)
            let reference = TableReference(project: "local-project", dataset: "d", table: "t")
            let before = try await fixture.client.fetchTable(reference)
            try Data("id\n1\n2\n".utf8).write(to: URL(filePath: file))
            #expect(try await fixture.client.fetchTable(reference) == before)
            try await fixture.emulator.load(source)
            let after = try await fixture.client.fetchTable(reference)
            #expect(before.rowCount == 1 && after.rowCount == 2)
            #expect(before.etag != nil && after.etag != nil && before.etag != after.etag)
        }
    }

    @Test func aViewHasNoRowsToList() async throws {
        try await EmulatorFixture.with { fixture in
            let file = fixture.folder.file("v.sql")
            try Data("SELECT trip_id FROM bench.trips_3".utf8).write(to: URL(filePath: file))
            try await fixture.emulator.load(.init(dataset: "d", table: "v", file: file))
            let reference = TableReference(project: "local-project", dataset: "d", table: "v")
            let view = try await fixture.client.fetchTable(reference)
            #expect(view.kind == .view)
            #expect(view.view?.query == "SELECT trip_id FROM bench.trips_3")
            let error = await #expect(throws: BigQueryError.self) {
                try await fixture.client.fetchTablePage(
                    of: reference, schema: view.schema, from: .row(0), maximumRows: 1)
            }
            #expect(error?.code == .notATable)
            #expect(fixture.emulator.counters.rows == 0)
        }
    }
}
