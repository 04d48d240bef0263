import Foundation
import GRDB
import TextSupport

/// The tables of a staging database that record its runs and loads.
///
/// They are ordinary tables, since a single STRICT table would make the database unreadable for every SQLite before 3.37.
enum ControlTables {
    /// The prefix of the names of all objects that belong to bqpull.
    static let prefix = "_bqpull_"

    /// The version of the tables below, in `_bqpull_meta` because `user_version` is the user's own.
    static let version: Int64 = 4

    /// The current time as SQL, in the format of ``ControlRow/text(of:)``. For information only.
    static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

    /// A value as JSON, with the same text for equal values: runs of a command are found by it.
    static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder.canonical.encode(value), as: UTF8.self)
    }

    /// Rejects a database that is not in UTF-8, or whose control tables are from a newer version or another program.
    ///
    /// - Returns: whether it has control tables.
    @discardableResult
    static func check(_ db: Database, path: String) throws -> Bool {
        // SQLite would convert U+FFFE and U+FFFF to U+FFFD, and count lengths in other units.
        guard try String.fetchOne(db, sql: "PRAGMA encoding") == "UTF-8" else {
            throw StagingError(
                code: .databaseUnusable,
                message: "\(path) stores text as UTF-16, which does not preserve every character")
        }
        let foreign = try Row.fetchOne(
            db,
            sql: """
                SELECT type, name FROM sqlite_master
                WHERE name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'view'
                OR tbl_name LIKE '\\_bqpull\\_%' ESCAPE '\\' AND type = 'trigger'
                OR tbl_name IN ('_bqpull_meta', '_bqpull_runs', '_bqpull_columns', '_bqpull_loads')
                AND type = 'index' AND sql IS NOT NULL
                """)
        if let foreign {
            let (type, name): (String, String) = (foreign[0], foreign[1])
            throw reservedName("the \(type) \(name)", path: path)
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
        else { throw reservedName("the table \(first)", path: path) }
        guard case .int64(let found) = found.storage, found >= 1 else {
            throw StagingError(
                code: .databaseUnusable, message: "\(path): _bqpull_meta has an unexpected value for version",
                detail: .changedRecords)
        }
        guard found <= version else {
            throw StagingError(
                code: .databaseUnusable,
                message: "\(path) was written by a newer version (format \(found); this one supports \(version))",
                detail: .newerFormat)
        }
        // Unlike those of later versions, its tables cannot be read without an update.
        guard found > 1 else {
            try update(db, path: path)
            return true
        }
        try checkLayout(db, version: found, path: path)
        return true
    }

    /// The control tables whose columns are compared with those that this version creates.
    private enum Layout: String, CaseIterable {
        case meta = "_bqpull_meta"
        case runs = "_bqpull_runs"
        case columns = "_bqpull_columns"
        case loads = "_bqpull_loads"

        struct Column: Equatable {
            var name: String
            var type: String
            var constraints: String
        }

        /// The columns of the table in a database; empty if it does not exist.
        func columns(_ db: Database) throws -> [Column] {
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, type, "notnull" || ' ' || coalesce(dflt_value, '') || ' ' || pk || ' ' || hidden
                    FROM pragma_table_xinfo(?) ORDER BY cid
                    """, arguments: [rawValue]
            ).map { Column(name: $0[0], type: $0[1], constraints: $0[2]) }
        }

        /// The columns of every table as this version creates them.
        static let expected = Result {
            try DatabaseQueue().write { db in
                try create(db)
                return try allCases.map { try $0.columns(db) }
            }
        }
    }

    /// Rejects control tables that another program has created or changed, before anything is written to them.
    ///
    /// The columns that versions after `version` added to the end of `_bqpull_runs` are not expected.
    private static func checkLayout(_ db: Database, version: Int64 = version, path: String) throws {
        let columnsAdded = addedColumns.filter { $0.version > version }.flatMap(\.columns).count
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
            message: "\(path): another program has changed the columns of \(table.rawValue)", detail: .changedRecords)
    }

    /// The size in bytes below which a file is checked for damage after a process was killed.
    static let checkedSize: Int64 = 256 << 20

    /// Throws `corrupt` if the file is damaged.
    static func checkIntegrity(_ db: Database, path: String) throws {
        guard let damage = try firstDamage(db) else { return }
        // The first line of some results only names the database.
        let finding = damage.split(separator: "\n").last ?? ""
        // SQLite reports a page that cannot be read as damaged.
        if let code = finding.firstMatch(of: /error code=(\d+)/).flatMap({ Int32($0.1) }) {
            let error = DatabaseError(resultCode: ResultCode(rawValue: code))
            if error.resultCode == .SQLITE_IOERR { throw error }
        }
        throw StagingError(
            code: .corrupt, message: "\(path): the database is damaged (\(finding))")
    }

    /// The first damage that SQLite finds; `nil` if the file is intact.
    ///
    /// Tables with an index of an unknown collation or function cannot be checked, and are skipped.
    private static func firstDamage(_ db: Database) throws -> String? {
        let results: [String?]
        do {
            results = [try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")]
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            results = try tables.map { try integrity(of: $0, db) }
        }
        return results.compactMap(\.self).first { $0 != "ok" }
    }

    /// The result of the check of one table; `nil` if SQLite cannot check it.
    private static func integrity(of table: String, _ db: Database) throws -> String? {
        do {
            return try String.fetchOne(db, sql: "PRAGMA integrity_check(\(SQLiteName.quoted(table)))")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            return nil
        }
    }

    /// Whether the control tables exist, in this version or a later one.
    static func exist(in db: Database, since version: Int64 = version) throws -> Bool {
        guard try db.tableExists("_bqpull_meta"), try db.tableExists("_bqpull_runs") else { return false }
        return try storedVersion(db).map { $0 >= version } ?? false
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

    private static func reservedName(_ object: String, path: String) -> StagingError {
        StagingError(
            code: .databaseUnusable,
            message: "\(path): \(object) has a reserved name, but was created by another program",
            detail: .reservedName)
    }

    /// Creates missing tables, and migrates those of an older version.
    static func prepare(_ db: Database, path: String) throws {
        try db.execute(sql: createMeta)
        let found = try storedVersion(db) ?? version
        do {
            if found == 1 { try migrateFromVersion1(db) } else { try addColumns(since: found, db) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw changed(.runs, path: path)
        }
        try create(db)
        try checkLayout(db, path: path)
        guard found < version else { return }
        try EarlierLoads.migrate(path: path, db)
        try db.execute(sql: "UPDATE _bqpull_meta SET value = \(version) WHERE key = 'version'")
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
                    \(addedColumns.flatMap(\.columns).joined(separator: ",\n    "))
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
                CREATE TABLE IF NOT EXISTS _bqpull_loads (
                    name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
                    target TEXT NOT NULL COLLATE NOCASE,
                    if_exists TEXT,
                    load_column TEXT,
                    incremental_column TEXT,
                    incremental_type TEXT,
                    project TEXT NOT NULL,
                    sql TEXT NOT NULL,
                    parameters TEXT NOT NULL,
                    high_water_mark TEXT,
                    is_started INTEGER NOT NULL,
                    run_id TEXT,
                    columns TEXT NOT NULL,
                    updated_at TEXT NOT NULL
                );
                """)
    }

    /// The columns that later versions added to `_bqpull_runs`, at the end.
    private static let addedColumns: [(version: Int64, columns: [String])] = [
        // Earlier runs count as acknowledged.
        (3, ["acknowledged INTEGER NOT NULL DEFAULT 1", "table_rows INTEGER"]),
        (
            4,
            [
                "load TEXT COLLATE NOCASE", "parameters TEXT", "incremental_type TEXT", "since TEXT", "until TEXT",
                "includes_nulls INTEGER", "replaces_range INTEGER", "adopts_rows INTEGER", "load_column TEXT",
                "loaded_at_column TEXT", "latest_column TEXT", "inserted INTEGER", "updated INTEGER",
                "unchanged INTEGER", "deleted INTEGER", "outdated INTEGER", "first_row_id INTEGER",
                "last_row_id INTEGER", "publication INTEGER",
            ]
        ),
    ]

    /// The values of those columns in a file of an earlier version that is not migrated.
    static let addedDefaults: [String: ControlRow.Value] = {
        let names = addedColumns.flatMap(\.columns).compactMap { $0.split(separator: " ").first.map(String.init) }
        let values = names.map { ($0, ControlRow.Value.null) } + [("acknowledged", .integer(1))]
        return Dictionary(values) { _, last in last }
    }()

    private static func addColumns(since version: Int64, _ db: Database) throws {
        guard try db.tableExists("_bqpull_runs") else { return }
        for column in addedColumns where column.version > version {
            for column in column.columns { try db.execute(sql: "ALTER TABLE _bqpull_runs ADD COLUMN \(column)") }
        }
    }

    /// Version 1 recorded no command by which an interrupted run could be continued, so its rows are dropped.
    private static func migrateFromVersion1(_ db: Database) throws {
        let columns = """
            run_id, target, if_exists, state, project, location, job_id, sql, configuration, statement_type,
            estimated_bytes, schema, rows, total_rows, data_written, pages, wire_bytes, inflated_bytes,
            bytes_processed, bytes_billed, cache_hit, started_at, updated_at, finished_at, tool_version, error
            """
        let interrupted = try String.fetchAll(db, sql: "SELECT run_id FROM _bqpull_runs WHERE state = 'running'")
        for run in interrupted {
            try db.execute(sql: "DROP TABLE IF EXISTS \(SQLiteName.quoted(HiddenTable.name(ofRun: run)))")
        }
        try db.execute(
            sql: """
                UPDATE _bqpull_runs SET state = 'discarded' WHERE state IN ('running', 'abandoned');
                ALTER TABLE _bqpull_runs RENAME TO _bqpull_runs_1;
                ALTER TABLE _bqpull_columns ADD COLUMN is_key INTEGER NOT NULL DEFAULT 0;
                """)
        try create(db)
        try db.execute(
            sql: """
                INSERT INTO _bqpull_runs (command, \(columns)) SELECT '', \(columns) FROM _bqpull_runs_1 ORDER BY rowid;
                DROP TABLE _bqpull_runs_1;
                """)
    }
}
