/// The control tables of earlier versions, as those versions created them.
enum EarlierFormat {
    /// A published or unfinished run.
    struct Run: Sendable {
        var runID: String
        var table = "results"
        var ifExists = "append"
        var column: String? = "n"
        /// The parameter of the query, which makes its command.
        var region = "eu"
        var watermark: String?
        var rows = 1
        var tableRows: Int?
        var madeTable = false
        var state = "published"
        var schema = #"{"fields":[{"mode":"NULLABLE","name":"N","type":"INT64"}]}"#

        var parameters: String {
            #"[{"name":"region","parameterType":{"type":"STRING"},"parameterValue":{"value":"\#(region)"}}]"#
        }

        fileprivate var command: String {
            let column = column.map { #""incrementalColumn":"\#($0)","# } ?? ""
            return #"{\#(column)"parameters":\#(parameters),"project":"p","sql":"SELECT n","useLegacySQL":false}"#
        }

        fileprivate func sql(_ version: Int) -> String {
            func text(_ value: String?) -> String { value.map { "'\($0)'" } ?? "NULL" }
            let acknowledged = version < 3 ? ("", "") : (", table_rows", ", \(tableRows.map(String.init) ?? "NULL")")
            return """
                INSERT INTO _bqpull_runs (
                    run_id, target, if_exists, incremental_column, watermark, made_table, state, command, project, sql,
                    configuration, schema, rows, started_at, updated_at, finished_at, tool_version\(acknowledged.0)
                ) VALUES (
                    '\(runID)', '\(table)', '\(ifExists)', \(text(column)), \(text(watermark)), \(madeTable ? 1 : 0),
                    '\(state)', '\(command)', 'p', 'SELECT n', '{}', '\(schema)', \(rows), '2026-01-01T00:00:00.000Z',
                    '2026-01-02T00:00:00.000Z', '2026-01-02T00:00:00.000Z', 'bqpull 0.1'\(acknowledged.1)
                );
                """
        }
    }

    /// The statements that create a file of version 2 or 3 with these runs, and with a hidden table for each unfinished
    /// one.
    static func sql(version: Int, _ runs: [Run]) -> String {
        let acknowledged = version < 3 ? "" : ", acknowledged INTEGER NOT NULL DEFAULT 1, table_rows INTEGER"
        let hidden = runs.filter { $0.state != "published" }.map {
            "CREATE TABLE _bqpull_rows_\($0.runID) (N INTEGER);"
        }
        return """
            CREATE TABLE _bqpull_meta (key TEXT NOT NULL PRIMARY KEY, value);
            INSERT INTO _bqpull_meta VALUES ('version', \(version));
            CREATE TABLE _bqpull_runs (
                run_id TEXT NOT NULL PRIMARY KEY, target TEXT NOT NULL COLLATE NOCASE, if_exists TEXT,
                key_columns TEXT NOT NULL DEFAULT '[]', index_columns TEXT NOT NULL DEFAULT '[]',
                adds_columns INTEGER NOT NULL DEFAULT 0, incremental_column TEXT COLLATE NOCASE, watermark TEXT,
                made_table INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, command TEXT NOT NULL,
                project TEXT NOT NULL, location TEXT, job_id TEXT, sql TEXT NOT NULL, configuration TEXT NOT NULL,
                statement_type TEXT, estimated_bytes INTEGER, schema TEXT, rows INTEGER NOT NULL DEFAULT 0,
                total_rows INTEGER, page_token TEXT, data_written INTEGER NOT NULL DEFAULT 0,
                pages INTEGER NOT NULL DEFAULT 0, wire_bytes INTEGER NOT NULL DEFAULT 0,
                inflated_bytes INTEGER NOT NULL DEFAULT 0, bytes_processed INTEGER, bytes_billed INTEGER,
                cache_hit INTEGER, started_at TEXT NOT NULL, updated_at TEXT NOT NULL, finished_at TEXT,
                tool_version TEXT NOT NULL, error TEXT\(acknowledged)
            );
            CREATE TABLE _bqpull_columns (
                table_name TEXT NOT NULL COLLATE NOCASE, position INTEGER NOT NULL, column_name TEXT NOT NULL,
                declared_type TEXT NOT NULL, bigquery_name TEXT NOT NULL, bigquery_type TEXT NOT NULL,
                mode TEXT NOT NULL, description TEXT, schema TEXT NOT NULL, is_key INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (table_name, position)
            );
            \(runs.map { $0.sql(version) }.joined(separator: "\n"))
            \(hidden.joined(separator: "\n"))
            """
    }
}
