import BigQueryRows
import GRDB

extension StagingError {
    /// The error for an SQLite result code.
    ///
    /// - Parameter opening: whether the database has not been written yet. A file that cannot be opened or
    ///   written is then an unsuitable choice of the user's; later it is a disk that failed.
    init(_ error: DatabaseError, path: String, opening: Bool) {
        let (code, what, hint) = Self.meaning(of: error.extendedResultCode, opening: opening)
        let number = error.extendedResultCode.rawValue
        let text = error.message.map { ": \($0)" } ?? ""
        self.init(
            code: code, message: "\(path): \(what) (SQLite error \(number)\(text))", hint: hint, cause: error)
    }

    private static func meaning(
        of result: ResultCode, opening: Bool
    ) -> (code: Code, what: String, hint: String?) {
        switch result {
        case .SQLITE_NOMEM, .SQLITE_IOERR_NOMEM:
            (.outOfResources, "out of memory", "free some memory, or let the pull use less of it with --memory SIZE")
        case .SQLITE_FULL:
            (.io, "the disk is full", "free some space and run the same command again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            opening
                ? (.databaseUnusable, "cannot be written", "check the permissions of file and folder")
                : (.io, "can no longer be written", "check that the file was not moved or protected")
        case .SQLITE_IOERR_LOCK where opening, .SQLITE_IOERR_RDLOCK where opening:
            (.databaseUnusable, "cannot be locked", "put it on a disk whose file system knows locks")
        case .SQLITE_IOERR_SHORT_READ:
            (.corrupt, "is shorter than it was: another program has truncated it", "restore it from a copy")
        case .SQLITE_IOERR:
            (.io, "reading or writing failed", "check the disk")
        case .SQLITE_NOTADB:
            opening
                ? (.databaseUnusable, "is not an SQLite database", "name another file")
                : (.corrupt, "is no longer an SQLite database", nil)
        case .SQLITE_CORRUPT:
            (.corrupt, "the database is damaged", "restore it from a copy, or name another file")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            (
                .busy, "the database is locked",
                "close the programs that have it open, also those that only read, and run the same command again"
            )
        case .SQLITE_TOOBIG:
            (.valueTooLarge, "a row is longer than SQLite can store", nil)
        case .SQLITE_CONSTRAINT:
            (
                .constraintViolated, "the rows break a constraint of the existing table",
                "drop the constraint or the unique index, or choose another table with --table NAME"
            )
        default:
            (.unexpected, "SQLite refused an operation", nil)
        }
    }

    /// The same error; if the disk is full, with the disk space that the missing rows need.
    func addingDiskSpace(for rows: Int64, like page: RowPage) -> StagingError {
        guard (cause as? DatabaseError)?.resultCode == .SQLITE_FULL else { return self }
        var error = self
        error.hint = Self.freeSomeSpace(for: page.storedByteCount(rows: rows))
        return error
    }

    /// The error for a page that is not written because the disk would be full before the last one.
    static func scarceDiskSpace(_ space: DiskSpace, rest: Int64, path: String) -> StagingError {
        StagingError(
            code: .io,
            message: """
                \(path): \(DiskSpace.text(space.freeBytes ?? 0)) of disk space are free, too little for the rest of the \
                result
                """,
            hint: freeSomeSpace(for: rest))
    }

    private static func freeSomeSpace(for bytes: Int64) -> String {
        """
        the missing rows need about \(bytes / 1_000_000 + 1) MB, and indexes more; free some space and run the same \
        command again
        """
    }
}

extension DatabaseError {
    /// Whether another connection holds a lock, or the system could not give one for now (`SQLITE_PROTOCOL`).
    var isBusy: Bool { [.SQLITE_BUSY, .SQLITE_PROTOCOL].contains(resultCode) }
}
