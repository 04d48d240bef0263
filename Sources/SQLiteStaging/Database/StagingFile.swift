import Foundation
import GRDBSQLite

/// The file of a staging database, inspected without opening it.
///
/// An existing file is never opened here: closing any descriptor of a file releases all locks of this process on it,
/// including those of other connections to the same database. The file is never removed, not even a new one: another
/// program can have committed to it.
struct StagingFile: Sendable {
    /// Absolute, so that SQLite does not interpret it as a URI or as the name of an in-memory database.
    let path: String
    /// Whether there was a journal. SQLite rolls it back at the first read, even if it belongs to another file.
    let hadJournal: Bool
    private let device: dev_t
    private let inode: ino_t

    /// Finds the file; `nil` if it does not exist.
    ///
    /// Throws `invalidName` for an invalid path, `databaseUnusable` for a file that cannot be a database.
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
        // Another process can create the file at the same time.
        if let file = try find(given) { return file }
        let path = try absolutePath(given)
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST, let file = try find(given) { return file }
            throw systemError(errno, path: given)
        }
        defer { close(descriptor) }
        // The umask can remove the owner's permissions as well.
        fchmod(descriptor, 0o600)
        var status = stat()
        fstat(descriptor, &status)
        return try StagingFile(path: path, status, given: given)
    }

    private init(path: String, _ status: stat, given: String) throws {
        if let problem = Self.problem(with: status) {
            throw StagingError(code: .databaseUnusable, message: "\(given) \(problem)")
        }
        self.path = path
        var journal = stat()
        hadJournal = lstat(path + "-journal", &journal) == 0 && journal.st_size > 0
        (device, inode) = (status.st_dev, status.st_ino)
    }

    /// The absolute path.
    ///
    /// Throws `invalidName` for an invalid path, `databaseUnusable` if the working directory does not exist.
    static func absolutePath(_ given: String) throws -> String {
        guard !given.isEmpty, !given.utf8.contains(0) else {
            throw StagingError(
                code: .invalidName,
                message: "the path of the database \(given.isEmpty ? "is empty" : "contains NUL")")
        }
        let path = given.hasPrefix("/") ? given : try workingDirectory(given) + "/" + given
        // SQLite could not open the created file.
        if let limit = sqlite3_vfs_find(nil)?.pointee.mxPathname, path.utf8.count + "-journal".utf8.count > limit {
            throw systemError(ENAMETOOLONG, path: given)
        }
        return path
    }

    private static func workingDirectory(_ given: String) throws -> String {
        guard let folder = getcwd(nil, 0) else { throw systemError(errno, path: given) }
        defer { free(folder) }
        // With replacement characters, it could be the name of another folder.
        guard let name = String(validatingCString: folder) else {
            throw StagingError(
                code: .invalidName, message: "the name of the working directory is not valid UTF-8",
                detail: .workingDirectory)
        }
        return name == "/" ? "" : name
    }

    /// Throws `io` if the path no longer leads to this file, so that further writes would be lost.
    func requirePresence() throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            throw StagingError(
                code: .io, message: "\(path) was removed or replaced while rows were staged in it",
                detail: .replacedFile)
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
        // SQLite finds a journal by the name of its database. Under two names, a crash damages the database.
        case S_IFLNK: return "is a symbolic link"
        default: return "is not a regular file"
        }
        if status.st_nlink > 1 { return "has more than one name (hard links)" }
        // SQLite treats a file of one byte as an empty database, and would overwrite it.
        if (1..<512).contains(status.st_size) { return "is not an SQLite database" }
        return nil
    }

    static func systemError(_ number: Int32, path: String) -> StagingError {
        let isShortage = [EMFILE, ENFILE, ENOMEM].contains(number)
        return StagingError(
            code: isShortage ? .outOfResources : .databaseUnusable,
            message: "\(path) cannot be created: \(String(cString: strerror(number)))",
            detail: !isShortage ? .notWritable : number == ENOMEM ? nil : .openFileLimit,
            cause: POSIXErrorCode(rawValue: number).map { POSIXError($0) })
    }
}
