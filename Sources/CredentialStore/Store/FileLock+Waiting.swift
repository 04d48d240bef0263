import Foundation
import GoogleOAuth
import TextSupport

extension FileLock {
    /// The time limit of the wait for another process, longer than most refreshes with all retries.
    private static let timeout: Duration = .seconds(60)
    private static let interval: Duration = .milliseconds(20)

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - path: the lock file.
    ///   - clock: measures the wait.
    /// - Returns: `nil` if the folder is missing or not writable, so that there is nothing to protect, or if the file
    ///   system does not support locks.
    /// - Throws: ``OAuthError`` with code `storeLocked` after a minute, `cannotStore` if the file cannot be opened
    ///   for another reason, or `CancellationError`.
    static func acquire(path: String, clock: any Clock<Duration>) async throws -> FileLock? {
        let lock: FileLock
        do {
            lock = try FileLock(opening: path)
        } catch {
            if [.EROFS, .EACCES, .ENOENT].contains(error.code) { return nil }
            let detail: OAuthError.Detail? =
                switch error.code {
                case .ELOOP: .symbolicLink(path)
                case .EISDIR: .notAFile(path)
                default: nil
                }
            throw OAuthError(
                code: .cannotStore,
                message: "\(printable(path)) cannot be locked (\(String(cString: strerror(error.code.rawValue))))",
                detail: detail)
        }
        let elapsed = stopwatch(clock)
        do {
            while try !lock.tryLock() {
                guard elapsed() < timeout else {
                    throw OAuthError(
                        code: .storeLocked, message: "another process has held \(printable(path)) for a minute")
                }
                try await clock.sleep(for: interval)
            }
        } catch {
            guard error is POSIXError else { throw error }
            return nil
        }
        return lock
    }
}
