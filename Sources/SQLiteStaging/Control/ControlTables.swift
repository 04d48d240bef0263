import GRDB

/// The tables in which bqpull keeps its own records inside a staging database.
///
/// They are ordinary tables on purpose: one STRICT table would make the whole database unreadable to an
/// SQLite older than 3.37, whoever opens it.
enum ControlTables {
    /// What the name of everything begins with that belongs to bqpull.
    static let prefix = "_bqpull_"

    /// The version of the tables below, in `_bqpull_meta` because `user_version` is the user's own.
    static let version: Int64 = 3

    /// The time now as SQL, in the form of ``StoredRecord/text(of:)``.
    ///
    /// A note for people; nothing is decided by it.
    static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

    /// Rejects a database that is not in UTF-8, or whose control tables are from a newer bqpull or not from bqpull;
    /// returns whether it has any.
    @discardableResult
    static func check(_ db: Database, path: String) throws -> Bool {
        // SQLite would turn U+FFFE and U+FFFF into U+FFFD, and count lengths in other units.
        guard try String.fetchOne(db, sql: "PRAGMA encoding") == "UTF-8" else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path) stores text as UTF-16, which does not keep every character",
                hint: "name another file")
        }
        let foreign = try Row.fetchOne(
            db,
            sql: """
                SELECT type, name FROM sqlite_master
                WHERE name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'view'
                OR tbl_name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'trigger'
                OR tbl_name IN ('_bqpull_meta', '_bqpull_runs', '_bqpull_columns') AND type = 'index' AND sql IS NOT NULL
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
        guard let first = tables.first else { return false }
        guard tables.contains("_bqpull_meta"),
            try Layout.meta.columns(db).map(\.name) == ["key", "value"],
            let found = try DatabaseValue.fetchOne(db, sql: "SELECT value FROM _bqpull_meta WHERE key = 'version'")
        else { throw notOurs("the table \(first)", path: path) }
        guard case .int64(let found) = found.storage, found >= 1 else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path): _bqpull_meta has an unexpected value for version",
                hint: "restore the file from a copy, or name another file")
        }
        guard found <= version else {
            throw StagingError(
                code: .databaseUnusable,
                message: "\(path) was written by a newer bqpull (format \(found); this one knows \(version))",
                hint: "use the newer bqpull, or name another file")
        }
        switch found {
        case version: try checkLayout(db, path: path)
        case 2: try checkLayout(db, columnsAdded: 2, path: path)
        // Its tables cannot be read as they are; those of version 2 can.
        case 1: try update(db, path: path)
        default: break
        }
        return true
    }

    /// The control tables whose columns are compared with those that this version makes.
    private enum Layout: String, CaseIterable {
        case meta = "_bqpull_meta"
        case runs = "_bqpull_runs"
        case columns = "_bqpull_columns"

        struct Column: Equatable {
            var name: String
            var type: String
            var constraints: String
        }

        /// The columns of the table in a database; none if it is not there.
        func columns(_ db: Database) throws -> [Column] {
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, type, "notnull" || ' ' || coalesce(dflt_value, '') || ' ' || pk || ' ' || hidden
                    FROM pragma_table_xinfo(?) ORDER BY cid
                    """, arguments: [rawValue]
            ).map { Column(name: $0[0], type: $0[1], constraints: $0[2]) }
        }

        /// The columns that this version makes.
        static let expected = Result {
            try DatabaseQueue().write { db in
                try create(db)
                return try allCases.map { try $0.columns(db) }
            }
        }
    }

    /// Rejects control tables that another program has made or changed, before anything is written to them.
    ///
    /// - Parameter columnsAdded: the columns of `_bqpull_runs` that later versions have added at its end.
    private static func checkLayout(_ db: Database, columnsAdded: Int = 0, path: String) throws {
        for (table, expected) in zip(Layout.allCases, try Layout.expected.get()) {
            let columns = try table.columns(db)
            let expected = table == .runs ? expected.dropLast(columnsAdded) : expected
            let rules = try Bool.fetchOne(
                db,
                sql: """
                    SELECT sql LIKE '%CHECK%' OR sql LIKE '%STRICT%' OR sql LIKE '%ROWID%' OR sql LIKE '%VIRTUAL%'
                    FROM sqlite_master WHERE type = 'table' AND name = ?
                    """, arguments: [table.rawValue])
            guard columns.isEmpty || columns == expected && rules == false else { throw changed(table, path: path) }
        }
    }

    private static func changed(_ table: Layout, path: String) -> StagingError {
        StagingError(
            code: .databaseUnusable,
            message: "\(path): \(table.rawValue) is not as bqpull made it: another program has changed it",
            hint: "restore the file from a copy, or name another file")
    }

    /// Files that are larger are checked for damage only if that is asked for.
    private static let checkedSize: Int64 = 256 << 20

    /// Whether a file of this size is checked for damage without being asked to, after a process was killed.
    static func isChecked(size: Int64) -> Bool { size < checkedSize }

    /// Throws `corrupt` if something in the file is damaged.
    static func checkIntegrity(_ db: Database, path: String) throws {
        guard let damage = try firstDamage(db) else { return }
        // The first line of some answers only names the database.
        let finding = damage.split(separator: "\n").last ?? ""
        // SQLite takes a page that the disk does not give for a damaged one.
        if let code = finding.firstMatch(of: /error code=(\d+)/).flatMap({ Int32($0.1) }) {
            let error = DatabaseError(resultCode: ResultCode(rawValue: code))
            if error.resultCode == .SQLITE_IOERR { throw error }
        }
        throw StagingError(
            code: .corrupt, message: "\(path): the database is damaged (\(finding))",
            hint: "restore it from a copy, or name another file")
    }

    /// What SQLite finds damaged first; `nil` if nothing is.
    ///
    /// It cannot check a table with an index whose collation or function it does not know; the others are checked then.
    private static func firstDamage(_ db: Database) throws -> String? {
        let answers: [String?]
        do {
            answers = [try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")]
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            answers = try tables.map { try integrity(of: $0, db) }
        }
        return answers.compactMap(\.self).first { $0 != "ok" }
    }

    /// SQLite's answer for one table; `nil` if it cannot check it.
    private static func integrity(of table: String, _ db: Database) throws -> String? {
        do {
            return try String.fetchOne(db, sql: "PRAGMA integrity_check(\(SQLiteName.quoted(table)))")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            return nil
        }
    }

    /// Whether there are control tables of this version.
    static func isCurrent(_ db: Database) throws -> Bool {
        guard try db.tableExists("_bqpull_meta"), try db.tableExists("_bqpull_runs") else { return false }
        return try storedVersion(db) == version
    }

    private static func update(_ db: Database, path: String) throws {
        try db.inTransaction(.immediate) {
            try prepare(db, path: path)
            return .commit
        }
    }

    private static func storedVersion(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT value FROM _bqpull_meta WHERE key = 'version'")
    }

    private static func notOurs(_ object: String, path: String) -> StagingError {
        StagingError(
            code: .databaseUnusable,
            message: "\(path): \(object) is not bqpull's, but has a name that bqpull uses",
            hint: "rename it, or name another file")
    }

    /// Makes the tables that are not there, and brings those of an older bqpull up to date.
    static func prepare(_ db: Database, path: String) throws {
        try db.execute(sql: createMeta)
        do {
            switch try storedVersion(db) {
            case 1: try migrateFromVersion1(db)
            case 2: try migrateFromVersion2(db)
            default: break
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw changed(.runs, path: path)
        }
        try create(db)
        try checkLayout(db, path: path)
    }

    private static let createMeta = """
        CREATE TABLE IF NOT EXISTS _bqpull_meta (
            key TEXT NOT NULL PRIMARY KEY,
            value
        );
        INSERT OR IGNORE INTO _bqpull_meta VALUES ('version', \(version));
        """

    private static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                \(createMeta)
                CREATE TABLE IF NOT EXISTS _bqpull_runs (
                    run_id TEXT NOT NULL PRIMARY KEY,
                    target TEXT NOT NULL COLLATE NOCASE,
                    if_exists TEXT,
                    key_columns TEXT NOT NULL DEFAULT '[]',
                    index_columns TEXT NOT NULL DEFAULT '[]',
                    adds_columns INTEGER NOT NULL DEFAULT 0,
                    incremental_column TEXT COLLATE NOCASE,
                    watermark TEXT,
                    made_table INTEGER NOT NULL DEFAULT 0,
                    state TEXT NOT NULL,
                    command TEXT NOT NULL,
                    project TEXT NOT NULL,
                    location TEXT,
                    job_id TEXT,
                    sql TEXT NOT NULL,
                    configuration TEXT NOT NULL,
                    statement_type TEXT,
                    estimated_bytes INTEGER,
                    schema TEXT,
                    rows INTEGER NOT NULL DEFAULT 0,
                    total_rows INTEGER,
                    page_token TEXT,
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
                    error TEXT,
                    acknowledged INTEGER NOT NULL DEFAULT 1,
                    table_rows INTEGER
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
                    is_key INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (table_name, position)
                );
                """)
    }

    /// Version 2 did not know whether the caller of a run has its report; those runs count as acknowledged.
    private static func migrateFromVersion2(_ db: Database) throws {
        if try db.tableExists("_bqpull_runs") {
            try db.execute(
                sql: """
                    ALTER TABLE _bqpull_runs ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 1;
                    ALTER TABLE _bqpull_runs ADD COLUMN table_rows INTEGER;
                    """)
        }
        try db.execute(sql: "UPDATE _bqpull_meta SET value = \(version) WHERE key = 'version'")
    }

    /// Version 1 dropped the rows of interrupted runs when the next one began; it knew no command to continue them by.
    private static func migrateFromVersion1(_ db: Database) throws {
        let columns = """
            run_id, target, if_exists, state, project, location, job_id, sql, configuration, statement_type,
            estimated_bytes, schema, rows, total_rows, data_written, pages, wire_bytes, inflated_bytes,
            bytes_processed, bytes_billed, cache_hit, started_at, updated_at, finished_at, tool_version, error
            """
        let interrupted = try String.fetchAll(db, sql: "SELECT run_id FROM _bqpull_runs WHERE state = 'running'")
        for run in interrupted {
            try db.execute(sql: "DROP TABLE IF EXISTS \(SQLiteName.quoted(RunTable.hiddenTable(run)))")
        }
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET state = 'discarded' WHERE state IN ('running', 'abandoned');
                ALTER TABLE _bqpull_runs RENAME TO _bqpull_runs_1;
                ALTER TABLE _bqpull_columns ADD COLUMN is_key INTEGER NOT NULL DEFAULT 0;
                UPDATE _bqpull_meta SET value = \(version) WHERE key = 'version';
                """)
        try create(db)
        try db.execute(
            sql: """
                INSERT INTO _bqpull_runs (command, \(columns)) SELECT '', \(columns) FROM _bqpull_runs_1 ORDER BY rowid;
                DROP TABLE _bqpull_runs_1;
                """)
    }
}
