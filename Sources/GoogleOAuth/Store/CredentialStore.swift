import Foundation
public import GoogleHTTP
import TextSupport

/// The folder in which bqpull keeps one credential of its own.
///
/// `credentials.json` is an `authorized_user` file with a member `bqpull` of our own, so that Google's libraries
/// read it too. What changes with use stands beside it in `state.json`, without secrets. Both are readable by the
/// user only, and refused if they are not.
public struct CredentialStore: Sendable, Hashable {
    /// The folder.
    public let folder: String

    /// Names a folder; it is made, with mode 0700, when something is written.
    public init(folder: String) {
        self.folder = folder
    }

    /// The path of the credentials file.
    public var path: String { credentialsFile.path }

    /// Whether a credential is stored, be it a good one or not.
    var exists: Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

    private var credentialsFile: PrivateFile { PrivateFile(path: folder + "/credentials.json") }
    private var stateFile: PrivateFile { PrivateFile(path: folder + "/state.json") }

    /// The stored credential, or `nil` if there is none.
    ///
    /// - Throws: ``OAuthError`` with code `unsafePermissions`, `credentialsInvalid` or `untrustedTokenURI`.
    public func read() throws(OAuthError) -> StoredCredential? {
        guard let bytes = try credentialsFile.read() else { return nil }
        let file: AuthorizedUserFile
        var stored: StoredCredential
        do throws(OAuthError) {
            file = try AuthorizedUserFile(json: bytes, path: path)
            stored = StoredCredential(try file.credential(path: path), stored: file.bqpull?.stored)
        } catch {
            var error = error
            error.hint = "log in again, or remove it: rm \(shellWord(printable(path)))"
            throw error
        }
        stored.scopes = file.scopes?.values ?? []
        stored.client = file.bqpull?.client
        stored.endpoint = file.bqpull?.endpoint
        stored.isOwnGrant = file.bqpull?.isOwnGrant ?? false
        // A state that cannot be read is no reason to stop: it only explains. One of another credential is none.
        if let bytes = try? stateFile.read(), let state = try? CredentialJSON.decode(State.self, from: bytes),
            let known = stored.stored, state.stored == known
        {
            stored.lastUse = state.lastUse
            stored.refreshTokenEnd = state.refreshTokenEnd
        }
        return stored
    }

    /// Makes sure that a credential can be stored, before one is asked for that would be lost otherwise.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore` or `unsafePermissions`.
    public func prepare() throws(OAuthError) {
        try credentialsFile.prepareFolder()
        let trial = PrivateFile(path: folder + "/trial")
        try trial.write([])
        try trial.remove()
    }

    /// Stores a credential in the place of the one that is there, and forgets a consent request that waits.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore`, `unsafePermissions` or `storeLocked`, or
    ///   `CancellationError`.
    public func write(_ stored: StoredCredential, clock: any Clock<Duration> = ContinuousClock()) async throws {
        _ = try await update(replacesDamaged: true, clock: clock) { _ in stored }
    }

    /// Stores what `change` makes of the credential that is there, and forgets a consent request that waits. No
    /// other process comes between.
    ///
    /// - Parameter replacesDamaged: whether a file that holds no credential counts as none.
    /// - Throws: what ``write(_:clock:)`` and ``read()`` throw, or what `change` throws; nothing is changed then.
    package func update(
        replacesDamaged: Bool, clock: any Clock<Duration> = ContinuousClock(),
        _ change: (StoredCredential?) throws -> StoredCredential
    ) async throws -> StoredCredential {
        try credentialsFile.prepareFolder()
        let lock = try await lock(clock: clock)
        defer { lock?.release() }
        let kept: StoredCredential?
        do throws(OAuthError) {
            kept = try read()
        } catch {
            let isToBeReplaced = replacesDamaged && [.credentialsInvalid, .unsafePermissions].contains(error.code)
            guard isToBeReplaced else { throw error }
            kept = nil
        }
        let stored = try change(kept)
        try writeCredential(stored)
        // The credential is there now; what only explains it must not make a failure of that.
        try? writeState(of: stored, lastUse: stored.lastUse, refreshTokenEnd: stored.refreshTokenEnd)
        _ = try? consentFile.remove()
        return stored
    }

    /// Takes the refresh token back at the token endpoint, and removes it and all that belongs to it here.
    ///
    /// - Returns: `false` if the token had ended already; it is removed all the same.
    /// - Throws: ``OAuthError`` (`noCredentials` if nothing is stored, what the endpoint answers, `storeLocked`),
    ///   `HTTPError` or `CancellationError`, and nothing is removed; `cannotStore` if the token was revoked, but its
    ///   file cannot be removed.
    public func revoke(
        transport: any HTTPTransport, clock: any Clock<Duration> = ContinuousClock(),
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in }
    ) async throws -> Bool {
        let lock = try await lock(clock: clock)
        defer { lock?.release() }
        // Read under the lock: another process may have got another token meanwhile.
        guard let stored = try read() else {
            throw OAuthError(code: .noCredentials, message: "\(printable(path)) does not exist any more")
        }
        let wasAlive = try await stored.credential.revoke(
            transport: transport, clock: clock, onRetry: onRetry
        )
        for file in [credentialsFile, stateFile, consentFile] { try file.remove() }
        return wasAlive
    }

    /// Waits until no other process exchanges or replaces the credential.
    ///
    /// The lock's file is never removed: those who wait for it would hold one that nobody else sees.
    func lock(clock: any Clock<Duration>) async throws -> FileLock? {
        try await FileLock.acquire(path: folder + "/credentials.lock", clock: clock)
    }

    /// Replaces the refresh token by the one that a token endpoint sent for it, unless a new login has replaced
    /// it meanwhile. To be called with the lock held.
    func replaceRefreshToken(_ sent: Secret, by rotated: Secret) throws(OAuthError) {
        guard var stored = try read(), stored.credential.refreshToken == sent else { return }
        stored.credential.refreshToken = rotated
        try writeCredential(stored)
    }

    /// Notes that the refresh token was exchanged, and when it ends if the answer said so. To be called with the
    /// lock held.
    func noteUse(of stored: StoredCredential, lifetime: Duration?, at now: Date) throws(OAuthError) {
        let end = lifetime.map { now.addingTimeInterval($0 / .seconds(1)) } ?? stored.refreshTokenEnd
        try writeState(of: stored, lastUse: now, refreshTokenEnd: end)
    }

    private struct State: Codable {
        /// When the credential was stored that this is about.
        var stored: Date?
        var lastUse: Date?
        var refreshTokenEnd: Date?
    }

    private func writeState(of stored: StoredCredential, lastUse: Date?, refreshTokenEnd: Date?) throws(OAuthError) {
        let state = State(stored: stored.stored, lastUse: lastUse, refreshTokenEnd: refreshTokenEnd)
        try stateFile.write(try CredentialJSON.encode(state))
    }

    private func writeCredential(_ stored: StoredCredential) throws(OAuthError) {
        var file = AuthorizedUserFile(stored.credential)
        file.scopes = stored.scopes.isEmpty ? nil : .init(stored.scopes)
        file.bqpull = .init(
            stored: stored.stored, isOwnGrant: stored.isOwnGrant, endpoint: stored.endpoint, client: stored.client
        )
        try credentialsFile.write(try CredentialJSON.encode(file))
    }
}
