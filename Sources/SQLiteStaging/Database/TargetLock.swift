import Foundation
import Synchronization
import TextSupport

/// The exclusive right of one process to stage into a table.
///
/// A lock on a file next to the database, which contains the ID of its owner. Not on the database itself, since closing
/// any descriptor of that would release SQLite's locks.
final class TargetLock: Sendable {
    private let path: String
    private let lock: Mutex<FileLock?>

    /// Another process that reads the owner holds the lock for less than this time.
    private static let attempts = 5
    private static let pause = 0.01

    private init(path: String, lock: consuming FileLock) {
        self.path = path
        self.lock = Mutex(lock)
    }

    deinit { release() }

    /// Takes the lock.
    ///
    /// - Parameters:
    ///   - table: the name of the table.
    ///   - database: the absolute path of the database, which need not exist.
    /// - Returns: `nil` if the file system does not support locks, and the table is not protected.
    /// - Throws: `targetInUse` if another process holds it; `databaseUnusable` or `outOfResources` if the file cannot be
    ///   created.
    static func take(_ table: String, of database: String) throws -> TargetLock? {
        let path = path(table, of: database)
        for attempt in 1... {
            let lock: FileLock
            do {
                lock = try FileLock(opening: path)
            } catch {
                throw StagingFile.systemError(error.code.rawValue, path: database)
            }
            let isTaken: Bool
            do {
                isTaken = try lock.tryLock()
            } catch {
                unlink(path)
                return nil
            }
            if isTaken {
                // The last owner can have removed the file since it was opened.
                guard isSame(lock.descriptor, path) else { continue }
                let identifier = Array("\(getpid())\n".utf8)
                if ftruncate(lock.descriptor, 0) == 0 { _ = write(lock.descriptor, identifier, identifier.count) }
                return TargetLock(path: path, lock: lock)
            }
            let owner = owner(lock.descriptor)
            lock.release()
            guard attempt < attempts else {
                throw StagingError(
                    code: .targetInUse,
                    message: "\(owner.map { "process \($0)" } ?? "another process") is pulling into the table \(table)")
            }
            Thread.sleep(forTimeInterval: pause)
        }
        return nil
    }

    /// The ID of the process that stages into the table now; 0 if it is unknown, `nil` if no process does.
    static func owner(of table: String, in database: String) -> Int32? {
        let descriptor = open(path(table, of: database), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Without support for locks, no owner is known.
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return owner(descriptor) ?? 0
    }

    /// Releases the lock.
    func release() {
        lock.withLock { lock in
            guard let held = lock.take() else { return }
            // Removed while the lock is held, so that no other process locks a file that was removed.
            if Self.isSame(held.descriptor, path) { unlink(path) }
            held.release()
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

    /// A name of fixed length for every table name.
    private static func path(_ table: String, of database: String) -> String {
        "\(database)-bqpull-" + String(SQLiteName(table).hash64, radix: 16)
    }
}
