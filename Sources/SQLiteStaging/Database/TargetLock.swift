import Foundation
import Synchronization

/// The right to stage into one table, which one process at a time has.
///
/// A lock on a file beside the database, so that it ends with its owner whatever becomes of that; the file holds
/// the owner's process id, for the message to others. No lock on the database file itself: closing any other
/// descriptor of that would drop SQLite's.
final class TargetLock: Sendable {
    private let path: String
    private let descriptor: Mutex<Int32?>

    /// What another process does to find out whether the lock is taken lasts shorter than this.
    private static let attempts = 5
    private static let pause = 0.01

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Takes the lock; `nil` on a file system that knows no locks, where nothing protects a table.
    ///
    /// Throws `targetInUse` if another run holds it, with the process that does; `databaseUnusable` if the file
    /// cannot be made.
    ///
    /// - Parameter database: the absolute path of the database, which need not exist.
    static func take(_ table: String, of database: String) throws -> TargetLock? {
        let path = path(table, of: database)
        for attempt in 1... {
            let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw StagingFile.systemError(errno, path: database) }
            // The umask can take the owner's rights as well.
            fchmod(descriptor, 0o600)
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                // The last owner may have removed the file in the meantime.
                guard isSame(descriptor, path) else {
                    close(descriptor)
                    continue
                }
                let identifier = Array("\(getpid())\n".utf8)
                if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, identifier, identifier.count) }
                return TargetLock(path: path, descriptor: descriptor)
            }
            let number = errno
            let owner = owner(descriptor)
            close(descriptor)
            guard number == EWOULDBLOCK else {
                unlink(path)
                return nil
            }
            guard attempt < attempts else {
                throw StagingError(
                    code: .targetInUse,
                    message: "\(owner.map { "process \($0)" } ?? "another process") is pulling into the table \(table)",
                    hint: "wait for its end, or choose another table with --table NAME")
            }
            Thread.sleep(forTimeInterval: pause)
        }
        return nil
    }

    /// The process that stages into the table now; 0 if there is one that cannot be named, `nil` if there is none.
    static func owner(of table: String, in database: String) -> Int32? {
        let descriptor = open(path(table, of: database), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Where the file system knows no locks, nobody is known to be in.
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return owner(descriptor) ?? 0
    }

    /// Gives the lock back.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            // Removed while it is held, so that nobody takes a lock on a file without a name.
            if Self.isSame(open, path) { unlink(path) }
            close(open)
            descriptor = nil
        }
    }

    private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
        var (mine, named) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && lstat(path, &named) == 0
            && mine.st_dev == named.st_dev && mine.st_ino == named.st_ino
    }

    private static func owner(_ descriptor: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count], as: UTF8.self).trimmingCharacters(in: .newlines))
    }

    /// A name of fixed length, whatever the table's name consists of.
    private static func path(_ table: String, of database: String) -> String {
        "\(database)-bqpull-" + String(SQLiteName(table).hash64, radix: 16)
    }
}
