import Foundation
import GRDBSQLite

/// The file of a staging database, looked at without opening it.
///
/// Never opened here when it exists: closing any descriptor of a file drops the locks that this process holds
/// on it, also those of a connection that the rest of the program has to the same database. Never removed here or
/// anywhere else: another program can have committed to a file that was created a moment ago.
struct StagingFile: Sendable {
    /// Absolute, so that SQLite cannot take it for a URI or for the name of a database in memory.
    let path: String
    /// Whether there was a journal, which SQLite writes back into the file when that is first read, be it another
    /// file's or not.
    let hadJournal: Bool
    private let device: dev_t
    private let inode: ino_t

    /// Finds the file; `nil` if it does not exist.
    ///
    /// Throws `invalidName` for what cannot be a path, `databaseUnusable` for what cannot be a database.
    static func find(_ given: String) throws -> StagingFile? {
        let path = try absolutePath(given)
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw systemError(errno, path: given) }
            return nil
        }
        return try StagingFile(path: path, status, given: given)
    }

    /// Finds the file, or creates an empty one that only its owner can read.
    static func findOrCreate(_ given: String) throws -> StagingFile {
        // Another process can create the file in between.
        if let file = try find(given) { return file }
        let path = try absolutePath(given)
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST, let file = try find(given) { return file }
            throw systemError(errno, path: given)
        }
        defer { close(descriptor) }
        // The umask can take the owner's rights as well.
        fchmod(descriptor, 0o600)
        var status = stat()
        fstat(descriptor, &status)
        return try StagingFile(path: path, status, given: given)
    }

    private init(path: String, _ status: stat, given: String) throws {
        if let problem = Self.problem(with: status) {
            throw StagingError(
                code: .databaseUnusable, message: "\(given) \(problem)", hint: "name a file of its own")
        }
        self.path = path
        var journal = stat()
        hadJournal = lstat(path + "-journal", &journal) == 0 && journal.st_size > 0
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// A path from the root of the file system.
    ///
    /// Throws `invalidName` for what cannot be a path, `databaseUnusable` if the working directory is gone.
    static func absolutePath(_ given: String) throws -> String {
        guard !given.isEmpty, !given.utf8.contains(0) else {
            throw StagingError(
                code: .invalidName,
                message: "the path of the database \(given.isEmpty ? "is empty" : "contains NUL")",
                hint: "name a file")
        }
        let path = given.hasPrefix("/") ? given : try workingDirectory(given) + "/" + given
        // SQLite would fail to open what was created.
        if let limit = sqlite3_vfs_find(nil)?.pointee.mxPathname, path.utf8.count + "-journal".utf8.count > limit {
            throw systemError(ENAMETOOLONG, path: given)
        }
        return path
    }

    private static func workingDirectory(_ given: String) throws -> String {
        guard let folder = getcwd(nil, 0) else { throw systemError(errno, path: given) }
        defer { free(folder) }
        // Repaired, it could be the name of another folder.
        guard let name = String(validatingCString: folder) else {
            throw StagingError(
                code: .invalidName, message: "the name of the working directory is not valid UTF-8",
                hint: "change to another directory, or rename this one")
        }
        return name == "/" ? "" : name
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
