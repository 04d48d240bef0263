import Foundation

/// The file of a staging database, looked at without opening it.
///
/// Never opened here when it exists: closing any descriptor of a file drops the locks that this process holds
/// on it, also those of a connection that the rest of the program has to the same database.
struct StagingFile: Sendable {
    /// Absolute, so that SQLite cannot take it for a URI or for the name of a database in memory.
    let path: String
    /// Whether the file was not there before.
    let isNew: Bool
    /// Whether there was a journal, which SQLite writes back into the file when that is first read, be it another
    /// file's or not.
    let hadJournal: Bool
    private let device: dev_t
    private let inode: ino_t

    /// Finds the file, or creates an empty one that only its owner can read.
    ///
    /// Throws `invalidName` for what cannot be a path, `databaseUnusable` for what cannot be a database, `noDatabase`
    /// if the file is not there and is not to be created.
    init(_ given: String, creating: Bool = true) throws {
        guard !given.isEmpty, !given.utf8.contains(0) else {
            throw StagingError(
                code: .invalidName,
                message: "the path of the database \(given.isEmpty ? "is empty" : "contains NUL")",
                hint: "name a file")
        }
        let folder = FileManager.default.currentDirectoryPath
        // Without a working folder it would be the root.
        guard given.hasPrefix("/") || !folder.isEmpty else { throw Self.systemError(ENOENT, path: given) }
        path = given.hasPrefix("/") ? given : folder + "/" + given
        var status = stat()
        hadJournal = lstat(path + "-journal", &status) == 0 && status.st_size > 0
        isNew = lstat(path, &status) != 0
        if isNew {
            guard errno == ENOENT else { throw Self.systemError(errno, path: given) }
            guard creating else {
                throw StagingError(
                    code: .noDatabase, message: "there is no file \(given)",
                    hint: "name the staging database that the pull was given with --into")
            }
            status = try Self.create(path, given: given)
        }
        (device, inode) = (status.st_dev, status.st_ino)
        if let problem = Self.problem(with: status) {
            throw StagingError(
                code: .databaseUnusable, message: "\(given) \(problem)", hint: "name a file of its own")
        }
    }

    private static func create(_ path: String, given: String) throws -> stat {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw systemError(errno, path: given) }
        var status = stat()
        fstat(descriptor, &status)
        close(descriptor)
        return status
    }

    /// Throws `io` if the path does not lead to this file any more: what is written would be lost.
    func requirePresence() throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            throw StagingError(
                code: .io, message: "\(path) was removed or replaced while rows were staged in it",
                hint: "put the file back and run the same command again, or pull into another one")
        }
    }

    /// The size in bytes.
    var size: Int64 {
        var status = stat()
        return lstat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Removes a file that was created here and never used, and what SQLite has put beside it.
    func removeIfNew() {
        guard isNew else { return }
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }

    private static func problem(with status: stat) -> String? {
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return "is a folder"
        // SQLite finds a journal by the name of its database: under two names, a crash leaves it damaged.
        case S_IFLNK: return "is a symbolic link"
        default: return "is not a regular file"
        }
        if status.st_nlink > 1 { return "has more than one name (hard links)" }
        // SQLite takes a file of one byte for an empty database, and would write over it.
        if (1..<512).contains(status.st_size) { return "is not an SQLite database" }
        return nil
    }

    static func systemError(_ number: Int32, path: String) -> StagingError {
        let isShortage = [EMFILE, ENFILE, ENOMEM].contains(number)
        return StagingError(
            code: isShortage ? .outOfResources : .databaseUnusable,
            message: "\(path) cannot be created: \(String(cString: strerror(number)))",
            hint: isShortage ? "raise the limit of the process" : "check the folder and its permissions",
            cause: POSIXErrorCode(rawValue: number).map { POSIXError($0) })
    }
}
