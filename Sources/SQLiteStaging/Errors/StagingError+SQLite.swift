import BigQueryRows
import GRDB

extension StagingError {
    /// The error for an SQLite result code.
    ///
    /// - Parameters:
    ///   - error: SQLite's error.
    ///   - path: the database, for the message.
    ///   - opening: whether nothing has been written to the database yet. A file that cannot be opened or written is
    ///     then unsuitable; later, the disk has failed.
    init(_ error: DatabaseError, path: String, opening: Bool) {
        let (code, problem, detail) = Self.meaning(of: error.extendedResultCode, opening: opening)
        let number = error.extendedResultCode.rawValue
        let text = error.message.map { ": \($0)" } ?? ""
        self.init(
            code: code, message: "\(path): \(problem) (SQLite error \(number)\(text))", detail: detail, cause: error)
    }

    private static func meaning(
        of result: ResultCode, opening: Bool
    ) -> (code: Code, problem: String, detail: Detail?) {
        switch result {
        case .SQLITE_NOMEM, .SQLITE_IOERR_NOMEM: (.outOfResources, "out of memory", nil)
        case .SQLITE_FULL: (.io, "the disk is full", .diskFull(missingBytes: nil))
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            opening
                ? (.databaseUnusable, "cannot be written", .notWritable)
                : (.io, "can no longer be written", .notWritable)
        case .SQLITE_IOERR_LOCK where opening, .SQLITE_IOERR_RDLOCK where opening:
            (.databaseUnusable, "cannot be locked", .noFileLocks)
        case .SQLITE_IOERR_SHORT_READ: (.corrupt, "is shorter than it was: another program has truncated it", nil)
        case .SQLITE_IOERR: (.io, "reading or writing failed", nil)
        case .SQLITE_NOTADB:
            opening
                ? (.databaseUnusable, "is not an SQLite database", nil)
                : (.corrupt, "is no longer an SQLite database", nil)
        case .SQLITE_CORRUPT: (.corrupt, "the database is damaged", nil)
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: (.busy, "the database is locked", nil)
        case .SQLITE_TOOBIG: (.valueTooLarge, "a row is longer than SQLite can store", nil)
        case .SQLITE_CONSTRAINT: (.constraintViolated, "the rows violate a constraint of the existing table", nil)
        default: (.unexpected, "SQLite rejected an operation", nil)
        }
    }

    /// The same error; if the disk is full, with the disk space that the missing rows need.
    func addingDiskSpace(for rows: Int64, like page: RowPage) -> StagingError {
        guard detail == .diskFull(missingBytes: nil) else { return self }
        var error = self
        error.detail = .diskFull(missingBytes: page.storedByteCount(rows: rows))
        return error
    }

    /// The error for a page that is not written because the disk would be full before the last one.
    static func scarceDiskSpace(_ space: DiskSpace, missingBytes: Int64, path: String) -> StagingError {
        let free = DiskSpace.text(space.freeBytes ?? 0)
        return StagingError(
            code: .io, message: "\(path): only \(free) of disk space is free, not enough for the remaining rows",
            detail: .diskFull(missingBytes: missingBytes))
    }
}

extension DatabaseError {
    /// Whether another connection holds a lock, or the system could not give one for now (`SQLITE_PROTOCOL`).
    var isBusy: Bool { [.SQLITE_BUSY, .SQLITE_PROTOCOL].contains(resultCode) }
}
