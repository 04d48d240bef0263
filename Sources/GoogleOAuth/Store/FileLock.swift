import Foundation
import TextSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lock that one process at a time holds; it ends with its owner, whatever becomes of that.
struct FileLock: Sendable {
    private let descriptor: CInt

    /// How long to wait for another process: longer than a refresh with all its repetitions mostly takes.
    private static let patience: Duration = .seconds(60)
    private static let interval: Duration = .milliseconds(20)

    /// Waits for the lock.
    ///
    /// - Returns: `nil` where there is nothing to protect, since nothing can be written, and where the file system
    ///   knows no locks.
    /// - Throws: ``OAuthError`` with code `storeLocked` after a minute, `cannotStore` if the file cannot be opened
    ///   for another reason, or `CancellationError`.
    static func acquire(path: String, clock: any Clock<Duration>) async throws -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if [EROFS, EACCES, ENOENT].contains(errno) { return nil }
            throw OAuthError(
                code: .cannotStore,
                message: "\(printable(path)) cannot be locked (\(String(cString: strerror(errno))))",
                hint: "remove it if it is not a file"
            )
        }
        // The umask can take the owner's rights as well, and later processes would go on without a lock.
        fchmod(descriptor, 0o600)
        let lock = FileLock(descriptor: descriptor)
        let elapsed = stopwatch(clock)
        do {
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else {
                    lock.release()
                    return nil
                }
                guard elapsed() < patience else {
                    throw OAuthError(
                        code: .storeLocked, message: "another process has held \(printable(path)) for a minute",
                        hint: "end the other bqpull, or run the command again later"
                    )
                }
                try await clock.sleep(for: interval)
            }
        } catch {
            lock.release()
            throw error
        }
        return lock
    }

    /// Lets the next process in. To be called once.
    func release() {
        close(descriptor)
    }
}
