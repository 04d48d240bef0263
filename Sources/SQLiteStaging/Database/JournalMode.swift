import GRDB

/// The journal mode of a staging database: WAL while rows are staged, the file's own mode afterwards.
///
/// In WAL mode, readers are not blocked, and a page costs one write. But the mode is stored in the file, and a file in
/// WAL mode cannot be read from read-only media and consists of several files while it is open. A file that was in
/// another mode therefore returns to it at the end, as does a new file. Its own mode is stored in `_bqpull_meta`, in case
/// the process exits before.
enum JournalMode {
    /// Stores the file's own mode, in the caller's transaction.
    static func remember(_ db: Database) throws {
        guard let own = try String.fetchOne(db, sql: "PRAGMA journal_mode"), own != "wal" else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO _bqpull_meta VALUES ('journal_mode', ?)", arguments: [own])
    }

    /// Enters WAL mode, if the file system supports it.
    static func enter(_ db: Database) throws {
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        try syncRarely(db)
    }

    /// Syncs only in checkpoints, if there is a log: a power failure then undoes the last transactions, but damages
    /// nothing. A rollback journal needs FULL for that.
    static func syncRarely(_ db: Database) throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
        try db.execute(sql: "PRAGMA synchronous = \(mode == "wal" ? "NORMAL" : "FULL")")
    }

    /// Syncs every transaction when it is committed.
    ///
    /// Throws if a sync has failed before: its data is lost, and a later sync would not report that.
    static func syncEveryTransaction(_ db: Database) throws {
        guard !WriteAheadLog.isAbandoned(db) else { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        // Without WAL, FULL does not sync the folder after the journal is deleted: the deletion, and so the commit, could
        // be undone.
        try db.execute(sql: "PRAGMA synchronous = EXTRA")
    }

    /// Returns the file to its own mode, which writes the WAL back into it.
    ///
    /// Has no effect while another process has the database open. The file then stays in WAL mode until the next run.
    static func restore(_ db: Database, _ log: LogGuard) throws {
        let remembered = "FROM _bqpull_meta WHERE key = 'journal_mode'"
        // The value is untrusted, and must not be used as SQL.
        guard try db.tableExists("_bqpull_meta"),
            let own = try String.fetchOne(db, sql: "SELECT CAST(value AS TEXT) \(remembered)"),
            ["delete", "truncate", "persist"].contains(own)
        else { return }
        do {
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA journal_mode = \(own)")
            log.forget()
            try db.execute(sql: "DELETE \(remembered)")
        } catch let error as DatabaseError where error.isBusy {
            return
        }
    }
}
