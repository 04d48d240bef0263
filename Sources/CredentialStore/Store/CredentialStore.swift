import Foundation
import GoogleHTTP
public import GoogleOAuth
import TextSupport

/// A folder with one credential.
///
/// `credentials.json` is an `authorized_user` file with the additional member `bqpull`, so that Google's libraries can
/// read it too. `state.json` next to it records the use of the credential, without secrets. Both are readable only by
/// the user, and rejected otherwise.
///
/// ```swift
/// import CredentialStore
/// import Foundation
/// import GoogleOAuth
///
/// let store = CredentialStore(folder: NSHomeDirectory() + "/.config/mytool")
/// if let stored = try store.read() {
///     print("client", stored.credential.clientID, "with scopes", stored.scopes)
/// }
/// ```
public struct CredentialStore: Sendable, Hashable {
    /// The folder.
    package let folder: String

    /// Creates a store in a folder, without accessing it.
    ///
    /// - Parameter folder: the path. The first write creates the folder with mode 0700.
    public init(folder: String) {
        self.folder = folder
    }

    /// The path of the credentials file.
    public var path: String { credentialsFile.path }

    /// Whether a credentials file exists, valid or not.
    var exists: Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

    private var credentialsFile: PrivateFile { PrivateFile(path: folder + "/credentials.json") }
    private var stateFile: PrivateFile { PrivateFile(path: folder + "/state.json") }

    /// Reads the stored credential.
    ///
    /// - Returns: `nil` if nothing is stored.
    /// - Throws: `OAuthError` with code `unsafePermissions`, `credentialsInvalid`, `untrustedTokenURI` or `cannotStore`.
    public func read() throws(OAuthError) -> StoredCredential? {
        guard let bytes = try credentialsFile.read() else { return nil }
        var stored: StoredCredential
        do throws(OAuthError) {
            stored = try CredentialFile.naming(path) { () throws(OAuthError) in
                try CredentialFile.decode(StoredCredential.File.self, from: bytes, detail: .damagedFile(path))
                    .storedCredential()
            }
        } catch {
            var error = error
            error.detail = .damagedFile(path)
            throw error
        }
        // The state only explains failures: it is ignored if it cannot be read or belongs to another credential.
        if let bytes = try? stateFile.read(), let state = try? CredentialFile.decode(State.self, from: bytes),
            let known = stored.stored, state.stored == known
        {
            stored.lastUse = state.lastUse
            stored.refreshTokenEnd = state.refreshTokenEnd
        }
        return stored
    }

    /// Verifies that a credential can be stored, before one is requested that would be lost otherwise.
    ///
    /// - Throws: `OAuthError` with code `cannotStore` or `unsafePermissions`.
    package func prepare() throws(OAuthError) {
        try credentialsFile.prepareFolder()
        let trial = PrivateFile(path: folder + "/trial")
        try trial.write([])
        try trial.remove()
    }

    /// Replaces the stored credential, and removes a pending consent.
    ///
    /// - Throws: `OAuthError` with code `cannotStore`, `unsafePermissions` or `storeLocked`, or
    ///   `CancellationError`.
    package func write(_ stored: StoredCredential, clock: any Clock<Duration> = ContinuousClock()) async throws {
        _ = try await update(replacesDamaged: true, clock: clock) { _ in stored }
    }

    /// Replaces the stored credential with the result of `change`, under the lock, and removes a pending consent.
    ///
    /// - Parameters:
    ///   - replacesDamaged: whether to pass `nil` for a file that is not a credential.
    ///   - clock: measures the wait for the lock.
    ///   - change: receives the stored credential and returns the new one.
    /// - Returns: the new credential.
    /// - Throws: the errors of ``write(_:clock:)``, ``read()`` and `change`, without any change of the store.
    package func update(
        replacesDamaged: Bool, clock: any Clock<Duration> = ContinuousClock(),
        _ change: (StoredCredential?) throws -> StoredCredential
    ) async throws -> StoredCredential {
        try credentialsFile.prepareFolder()
        return try await withLock(clock: clock) {
            let kept: StoredCredential?
            do throws(OAuthError) {
                kept = try read()
            } catch {
                guard replacesDamaged, [.credentialsInvalid, .unsafePermissions].contains(error.code) else {
                    throw error
                }
                kept = nil
            }
            let stored = try change(kept)
            try writeCredential(stored)
            // The credential is stored; a failure to write the state or to remove the consent must not hide that.
            try? writeState(of: stored, lastUse: stored.lastUse, refreshTokenEnd: stored.refreshTokenEnd)
            _ = try? consentFile.remove()
            return stored
        }
    }

    /// Revokes the refresh token, and removes all files but the lock's.
    ///
    /// - Returns: `false` if the token had already expired or been revoked. The files are removed even then.
    /// - Throws: `OAuthError` (`noCredentials` if nothing is stored, `storeLocked`, an error of the endpoint),
    ///   `HTTPError` or `CancellationError`, without removing files; `cannotStore` if the token was revoked, but its
    ///   file cannot be removed.
    package func revoke(_ context: TokenContext) async throws -> Bool {
        try await withLock(clock: context.clock) {
            // Read under the lock: another process can have rotated the token in the meantime.
            guard let stored = try read() else {
                throw OAuthError(code: .noCredentials, message: "\(printable(path)) no longer exists")
            }
            let wasValid = try await stored.credential.revoke(context)
            for file in [credentialsFile, stateFile, consentFile] { try file.remove() }
            return wasValid
        }
    }

    /// Waits until no other process exchanges or replaces the credential, and runs `body` before any other does.
    ///
    /// The lock's file is never removed: waiters would acquire a lock on a file that no other process sees.
    ///
    /// - Parameters:
    ///   - clock: measures the wait.
    ///   - body: runs in the caller's isolation.
    /// - Returns: the result of `body`.
    /// - Throws: the errors of ``FileLock/acquire(path:clock:)`` and of `body`.
    nonisolated(nonsending) func withLock<Success>(
        clock: any Clock<Duration>, _ body: nonisolated(nonsending) () async throws -> Success
    ) async throws -> Success {
        let lock = try await FileLock.acquire(path: folder + "/credentials.lock", clock: clock)
        let result = try await body()
        lock?.release()
        return result
    }

    /// Replaces the refresh token with the rotated one, unless a new login has replaced it. Requires the lock.
    func replaceRefreshToken(_ sent: Secret, by rotated: Secret) throws(OAuthError) {
        guard var stored = try read(), stored.credential.refreshToken == sent else { return }
        stored.credential.refreshToken = rotated
        try writeCredential(stored)
    }

    /// Records that the refresh token was exchanged, and its new expiry. Requires the lock.
    func recordUse(of stored: StoredCredential, lifetime: Duration?, at now: Date) throws(OAuthError) {
        let end = lifetime.map { now.advanced(by: $0) } ?? stored.refreshTokenEnd
        try writeState(of: stored, lastUse: now, refreshTokenEnd: end)
    }

    private struct State: Codable {
        /// When the credential that this state belongs to was stored.
        var stored: Date?
        var lastUse: Date?
        var refreshTokenEnd: Date?
    }

    private func writeState(of stored: StoredCredential, lastUse: Date?, refreshTokenEnd: Date?) throws(OAuthError) {
        let state = State(stored: stored.stored, lastUse: lastUse, refreshTokenEnd: refreshTokenEnd)
        try stateFile.write(try CredentialFile.encode(state))
    }

    private func writeCredential(_ stored: StoredCredential) throws(OAuthError) {
        try credentialsFile.write(try CredentialFile.encode(StoredCredential.File(stored)))
    }
}
