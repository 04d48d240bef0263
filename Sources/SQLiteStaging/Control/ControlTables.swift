import GRDB

/// The tables in which bqpull keeps its own records inside a staging database.
///
/// They are ordinary tables on purpose: one STRICT table would make the whole database unreadable to an
/// SQLite older than 3.37, whoever opens it.
enum ControlTables {
    /// What the name of everything begins with that belongs to bqpull.
    static let prefix = "_bqpull_"

    /// The version of the tables below, in `_bqpull_meta` because `user_version` is the user's own.
    static let version = 1

    /// The time now as SQL, in the form of ``RunRecord/text(of:)``.
    ///
    /// A note for people; nothing is decided by it.
    static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

    /// Refuses a database whose control tables are from a newer bqpull, or not from bqpull at all.
    static func check(_ db: Database, path: String) throws {
        let foreign = try Row.fetchOne(
            db,
            sql: """
                SELECT type, name FROM sqlite_master
                WHERE name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'view'
                OR tbl_name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'trigger'
                """)
        if let foreign {
            let (type, name): (String, String) = (foreign[0], foreign[1])
            throw notOurs("the \(type) \(name)", path: path)
        }
        let tables = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_master
                WHERE name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'table' ORDER BY name
                """)
        guard let first = tables.first else { return }
        guard tables.contains("_bqpull_meta"),
            let found = try Int.fetchOne(db, sql: "SELECT value FROM _bqpull_meta WHERE key = 'version'")
        else { throw notOurs("the table \(first)", path: path) }
        guard found <= version else {
            throw StagingError(
                code: .databaseUnusable,
                message: "\(path) was written by a newer bqpull (format \(found); this one knows \(version))",
                hint: "use the newer bqpull, or name another file")
        }
    }

    private static func notOurs(_ object: String, path: String) -> StagingError {
        StagingError(
            code: .databaseUnusable,
            message: "\(path): \(object) is not bqpull's, but has a name that bqpull uses",
            hint: "rename it, or name another file")
    }

    /// Makes the tables that are not there.
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS _bqpull_meta (
                    key TEXT NOT NULL PRIMARY KEY,
                    value
                );
                INSERT OR IGNORE INTO _bqpull_meta VALUES ('version', \(version));
                CREATE TABLE IF NOT EXISTS _bqpull_runs (
                    run_id TEXT NOT NULL PRIMARY KEY,
                    target TEXT NOT NULL COLLATE NOCASE,
                    if_exists TEXT,
                    state TEXT NOT NULL,
                    project TEXT NOT NULL,
                    location TEXT,
                    job_id TEXT NOT NULL,
                    sql TEXT NOT NULL,
                    configuration TEXT NOT NULL,
                    statement_type TEXT,
                    estimated_bytes INTEGER,
                    schema TEXT,
                    rows INTEGER NOT NULL DEFAULT 0,
                    total_rows INTEGER,
                    data_written INTEGER NOT NULL DEFAULT 0,
                    pages INTEGER NOT NULL DEFAULT 0,
                    wire_bytes INTEGER NOT NULL DEFAULT 0,
                    inflated_bytes INTEGER NOT NULL DEFAULT 0,
                    bytes_processed INTEGER,
                    bytes_billed INTEGER,
                    cache_hit INTEGER,
                    started_at TEXT NOT NULL,
                    updated_at TEXT NOT NULL,
                    finished_at TEXT,
                    tool_version TEXT NOT NULL,
                    error TEXT
                );
                CREATE TABLE IF NOT EXISTS _bqpull_columns (
                    table_name TEXT NOT NULL COLLATE NOCASE,
                    position INTEGER NOT NULL,
                    column_name TEXT NOT NULL,
                    declared_type TEXT NOT NULL,
                    bigquery_name TEXT NOT NULL,
                    bigquery_type TEXT NOT NULL,
                    mode TEXT NOT NULL,
                    description TEXT,
                    schema TEXT NOT NULL,
                    PRIMARY KEY (table_name, position)
                );
                """)
    }
}
