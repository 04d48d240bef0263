import Foundation
import GoogleOAuth
import TextSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A lock that at most one process holds. The system releases it when the process exits.
struct FileLock: Sendable {
    private let descriptor: CInt

    /// The time limit of the wait for another process, longer than most refreshes with all retries.
    private static let patience: Duration = .seconds(60)
    private static let interval: Duration = .milliseconds(20)

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - path: the lock file.
    ///   - clock: measures the wait.
    /// - Returns: `nil` if the folder is missing or not writable, so that there is nothing to protect, or if the file
    ///   system does not support locks.
    /// - Throws: `OAuthError` with code `storeLocked` after a minute, `cannotStore` if the file cannot be opened
    ///   for another reason, or `CancellationError`.
    static func acquire(path: String, clock: any Clock<Duration>) async throws -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if [EROFS, EACCES, ENOENT].contains(errno) { return nil }
            throw OAuthError(
                code: .cannotStore,
                message: "\(printable(path)) cannot be locked (\(String(cString: strerror(errno))))")
        }
        // The umask can remove the owner's permissions too, and later processes would continue without a lock.
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
                        code: .storeLocked, message: "another process has held \(printable(path)) for a minute")
                }
                try await clock.sleep(for: interval)
            }
        } catch {
            lock.release()
            throw error
        }
        return lock
    }

    /// Releases the lock. Call it once.
    func release() {
        close(descriptor)
    }
}
