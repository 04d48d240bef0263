import GRDB

/// The journal mode of a staging database: WAL while rows arrive, the file's own mode afterwards.
///
/// Readers go on reading in WAL mode, and a page costs one write and no waiting for them. But the mode stays
/// in the file: one in WAL mode cannot be read from read-only media, and has companions while it is open. So
/// a file that was not in WAL mode leaves it at the end, a new file too, and whoever copies the one file has
/// everything. The file remembers its own mode in `_bqpull_meta`, in case the process does not live to the end.
enum JournalMode {
    /// Notes the file's own mode, in the caller's transaction.
    static func remember(_ db: Database) throws {
        guard let own = try String.fetchOne(db, sql: "PRAGMA journal_mode"), own != "wal" else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO _bqpull_meta VALUES ('journal_mode', ?)", arguments: [own])
    }

    /// Turns WAL on, where the file system can do it.
    static func enter(_ db: Database) throws {
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        try syncRarely(db)
    }

    /// Leaves syncing to those who write the log back, if there is a log: a power failure then undoes the last
    /// transactions, but damages nothing. A rollback journal needs more for the same safety.
    static func syncRarely(_ db: Database) throws {
        let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
        try db.execute(sql: "PRAGMA synchronous = \(mode == "wal" ? "NORMAL" : "FULL")")
    }

    /// Makes every transaction be on the disk once it is committed.
    ///
    /// Throws if a sync may have failed before: what it was to save is lost, and no other sync would tell.
    static func syncEveryTransaction(_ db: Database) throws {
        guard !WriteAheadLog.isAbandoned(db) else { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
        // Without WAL, FULL leaves out the folder from which the journal is deleted: the deletion, and so the commit,
        // could be undone.
        try db.execute(sql: "PRAGMA synchronous = EXTRA")
    }

    /// Gives the file its own mode back, which writes the WAL back into the file.
    ///
    /// Not possible while others have the database open: it then stays in WAL mode, which harms nothing, and
    /// the next run tries again.
    static func restore(_ db: Database, _ log: LogGuard) throws {
        let remembered = "FROM _bqpull_meta WHERE key = 'journal_mode'"
        // The file may be anybody's: what it says is no SQL.
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
