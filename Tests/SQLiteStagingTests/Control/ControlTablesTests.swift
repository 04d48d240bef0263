import BigQueryRows
import SQLiteStaging
import TestSupport
import Testing

@Suite struct ControlTablesTests {
    @Test(.faults("L26")) func rejectsAFileOfANewerVersion() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .numbers)
            try folder.execute("UPDATE _bqpull_meta SET value = value + 1 WHERE key = 'version'")
            let error = await #expect(throws: StagingError.self) {
                _ = try await StagingDatabase.open(folder.target())
            }
            #expect(error?.code == .databaseUnusable)
            #expect(error?.message.contains("newer") == true)
        }
    }

    static let impostors = [
        "CREATE TABLE _bqpull_runs (x)", "CREATE TABLE _bqpull_meta (key, value)",
        "CREATE VIEW _bqpull_meta AS SELECT 'version' AS key, 1 AS value",
        "CREATE TABLE _BQPull_mine (x)", "CREATE VIEW _bqpull_v AS SELECT 1",
    ]

    @Test(.faults("L17"), arguments: impostors) func rejectsForeignObjectsWithReservedNames(_ sql: String) async throws
    {
        try await StagingFolder.with { folder in
            try folder.execute(sql)
            let before = try folder.read("SELECT sql FROM sqlite_master")
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
            #expect(try folder.read("SELECT sql FROM sqlite_master") == before)
        }
    }

    @Test(.faults("L17")) func rejectsTriggersOnItsRecords() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .numbers)
            try folder.execute(
                "CREATE TRIGGER spy AFTER INSERT ON _bqpull_runs BEGIN DELETE FROM _bqpull_runs; END")
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
        }
    }

    @Test func keepsTheUserVersion() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("PRAGMA user_version = 7; PRAGMA application_id = 8; CREATE TABLE t (n)")
            try await folder.stage([], schema: .numbers)
            #expect(try folder.read("PRAGMA user_version") == ["7"])
            #expect(try folder.read("PRAGMA application_id") == ["8"])
        }
    }

    /// The tables of version 1, with a published and an interrupted run.
    private static let version1 = """
        CREATE TABLE _bqpull_meta (key TEXT NOT NULL PRIMARY KEY, value);
        INSERT INTO _bqpull_meta VALUES ('version', 1);
        CREATE TABLE _bqpull_runs (
            run_id TEXT NOT NULL PRIMARY KEY, target TEXT NOT NULL COLLATE NOCASE, if_exists TEXT, state TEXT NOT NULL,
            project TEXT NOT NULL, location TEXT, job_id TEXT NOT NULL, sql TEXT NOT NULL,
            configuration TEXT NOT NULL, statement_type TEXT, estimated_bytes INTEGER, schema TEXT,
            rows INTEGER NOT NULL DEFAULT 0, total_rows INTEGER, data_written INTEGER NOT NULL DEFAULT 0,
            pages INTEGER NOT NULL DEFAULT 0, wire_bytes INTEGER NOT NULL DEFAULT 0,
            inflated_bytes INTEGER NOT NULL DEFAULT 0, bytes_processed INTEGER, bytes_billed INTEGER,
            cache_hit INTEGER, started_at TEXT NOT NULL, updated_at TEXT NOT NULL, finished_at TEXT,
            tool_version TEXT NOT NULL, error TEXT
        );
        CREATE TABLE _bqpull_columns (
            table_name TEXT NOT NULL COLLATE NOCASE, position INTEGER NOT NULL, column_name TEXT NOT NULL,
            declared_type TEXT NOT NULL, bigquery_name TEXT NOT NULL, bigquery_type TEXT NOT NULL, mode TEXT NOT NULL,
            description TEXT, schema TEXT NOT NULL, PRIMARY KEY (table_name, position)
        );
        CREATE TABLE results (n INTEGER);
        INSERT INTO results VALUES (1);
        INSERT INTO _bqpull_columns VALUES ('results', 0, 'n', 'INTEGER', 'n', 'INT64', 'NULLABLE', NULL, '{}');
        CREATE TABLE "_bqpull_rows_b" (n INTEGER);
        INSERT INTO _bqpull_runs (
            run_id, target, state, project, job_id, sql, configuration, rows, started_at, updated_at, tool_version
        ) VALUES
            ('a', 'results', 'published', 'p', 'j', 'SELECT 1', '{}', 1, '2026-01-01T00:00:00.000Z',
             '2026-01-01T00:00:01.000Z', 'bqpull 0'),
            ('b', 'results', 'running', 'p', 'j', 'SELECT 1', '{}', 0, '2026-01-01T00:00:00.000Z',
             '2026-01-01T00:00:01.000Z', 'bqpull 0');
        """

    @Test(.faults("L26"), arguments: [true, false]) func migratesAFileOfVersion1(byReadingItsRuns: Bool)
        async throws
    {
        try await StagingFolder.with { folder in
            try folder.execute(Self.version1)
            if byReadingItsRuns {
                let runs = try await RunLog.read(path: folder.path)
                #expect(runs.map(\.state) == [.published, .discarded])
                #expect(runs.map(\.rows) == [1, 0])
            }
            // The table is managed.
            try await folder.stage([[.integer(2)]], schema: .numbers)
            #expect(try folder.read("SELECT * FROM results") == ["2"])
            #expect(
                try folder.read("SELECT run_id, state FROM _bqpull_runs ORDER BY rowid LIMIT 2")
                    == [#""a"|"published""#, #""b"|"discarded""#])
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name LIKE '%rows%'") == [])
            #expect(try folder.read("SELECT value FROM _bqpull_meta WHERE key = 'version'") == ["4"])
            // Publications are numbered in their order.
            #expect(
                try folder.read("SELECT run_id IS 'a', publication FROM _bqpull_runs WHERE state = 'published'")
                    == ["1|1", "0|2"])
        }
    }

    /// After a process was killed, the file is checked; otherwise only on request.
    @Test func checksAFileForDamage() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE mine (n); CREATE INDEX i ON mine (n); INSERT INTO mine VALUES (1)")
            try await folder.stage([], schema: .numbers)
            // Reading the schema does not detect an inconsistent index.
            try folder.execute(
                """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_master SET sql = 'CREATE INDEX i ON mine (n DESC)' WHERE name = 'i';
                INSERT INTO mine VALUES (2), (3);
                """)
            try await StagingDatabase.open(folder.target()).close()
            try await expectCode(.corrupt) {
                _ = try await StagingDatabase.open(folder.target(), .checkingEverything)
            }
            try folder.execute("UPDATE _bqpull_runs SET state = 'running'")
            try await expectCode(.corrupt) { _ = try await StagingDatabase.open(folder.target()) }
        }
    }
}
