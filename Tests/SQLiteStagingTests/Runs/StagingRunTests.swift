import BigQueryRows
import SQLiteStaging
import Testing

@Suite struct StagingRunTests {
    @Test func countsRowsAndBytesWithTheRowsThemselves() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.pairs)
                run.record(
                    StagingStatistics(
                        location: "US", totalRows: 3, pages: 1, wireBytes: 10, inflatedBytes: 20,
                        bytesProcessed: 30, bytesBilled: 40, cacheHit: true))
                try await run.append(
                    RowPage(firstRow: 0, columns: 2, [[.integer(1), .text("abc")], [.double(2), .null]]))
                #expect((run.rowsWritten, run.dataWritten) == (2, 19))
                let checkpoint = """
                    SELECT state, rows, data_written, location, total_rows, pages, wire_bytes, inflated_bytes,
                    bytes_processed, bytes_billed, cache_hit FROM _bqpull_runs
                    """
                #expect(try folder.read(checkpoint) == ["\"running\"|2|19|\"US\"|3|1|10|20|30|40|1"])

                try await run.append(RowPage(firstRow: 2, columns: 2, [[.null, .text("é")]]))
                run.record(StagingStatistics(totalRows: 3, pages: 2))
                try await run.finish()
                #expect(try folder.read(checkpoint) == ["\"published\"|3|21|\"US\"|3|2|0|0|NULL|NULL|NULL"])
            }
        }
    }

    @Test func recordsTheIntentBeforeAnyRow() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target("t", .replace), intent: .test(runID: "run-1")) { _ in
                let intent = """
                    SELECT run_id, target, if_exists, state, project, location, job_id, sql, configuration,
                    statement_type, estimated_bytes, schema, rows, started_at, finished_at, tool_version, error
                    FROM _bqpull_runs
                    """
                let values = [
                    "\"run-1\"", "\"t\"", "\"replace\"", "\"running\"", "\"demo-project\"", "\"EU\"",
                    "\"bqpull_1\"", "\"SELECT 1\"", "\"{}\"", "\"SELECT\"", "42", "NULL", "0",
                    "\"2023-11-14T22:13:20.500Z\"", "NULL", "\"bqpull test\"", "NULL",
                ]
                let found = try folder.read(intent)
                #expect(found == [values.joined(separator: "|")])
            }
        }
    }

    @Test func recordsTheColumnsOfThePublishedTable() async throws {
        try await StagingFolder.with { folder in
            let nested = TableSchema.Field(name: "x/y", type: .timestamp, timestampPrecision: 12)
            let schema = TableSchema(fields: [
                .init(name: "N", type: .int64, mode: .required, description: "a number"),
                .init(name: "s", type: .structure, mode: .repeated, fields: [nested]),
            ])
            try await folder.stage([], schema: .pairs)
            try await folder.stage([], schema: schema)
            let columns = """
                SELECT table_name, position, column_name, declared_type, bigquery_name, bigquery_type, mode,
                description FROM _bqpull_columns ORDER BY position
                """
            #expect(
                try folder.read(columns) == [
                    #""results"|0|"N"|"INTEGER"|"N"|"INT64"|"REQUIRED"|"a number""#,
                    #""results"|1|"s"|"TEXT"|"s"|"STRUCT"|"REPEATED"|NULL"#,
                ])
            let nestedSchema = """
                SELECT json_extract(schema, '$.fields[0].name'),
                json_extract(schema, '$.fields[0].timestampPrecision')
                FROM _bqpull_columns WHERE position = 1
                """
            #expect(try folder.read(nestedSchema) == [#""x/y"|"12""#])
        }
    }

    static let wrongPages = [
        RowPage(firstRow: 0, integers: [1]), RowPage(firstRow: 3, integers: [1]),
        RowPage(firstRow: 2, columns: 2, [[.null, .null]]), RowPage(firstRow: 2, columns: 0, []),
    ]

    @Test(arguments: wrongPages) func rejectsAPageThatIsNotTheNextOne(_ page: RowPage) async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.append(RowPage(firstRow: 0, integers: [1, 2]))
                try await expectCode(.unexpected) { try await run.append(page) }
                try await run.append(RowPage(firstRow: 2, integers: []))
                try await run.append(RowPage(firstRow: 2, integers: [3]))
                try await run.finish()
            }
            #expect(try folder.read("SELECT * FROM results") == ["1", "2", "3"])
        }
    }

    @Test func rejectsRowsBeforeBeginAndAfterFinish() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                let page = RowPage(firstRow: 0, integers: [1])
                try await expectCode(.unexpected) { try await run.append(page) }
                try await expectCode(.unexpected) { try await run.finish() }
                try await run.begin(.numbers)
                try await run.finish()
                try await expectCode(.unexpected) { try await run.append(page) }
                try await expectCode(.unexpected) { try await run.finish() }
            }
        }
    }

    @Test func doesNotStopAPublishedRun() async throws {
        try await StagingFolder.with { folder in
            try await folder.withRun(folder.target()) { run in
                try await run.begin(.numbers)
                try await run.finish()
                try await run.stop(error: "too late", canContinue: true)
            }
            #expect(try folder.read("SELECT state, error FROM _bqpull_runs") == ["\"published\"|NULL"])
        }
    }
}
