import Foundation
import GoogleHTTP

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
    public var path: String { folder + "/credentials.json" }

    /// Whether a credential is stored.
    public var exists: Bool { FileManager.default.fileExists(atPath: path) || isLink(path) }

    private var stateFile: PrivateFile { PrivateFile(path: folder + "/state.json") }

    private func isLink(_ path: String) -> Bool {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    }

    /// The stored credential, or `nil` if there is none.
    ///
    /// - Throws: ``OAuthError`` with code `unsafePermissions`, `credentialsInvalid` or `untrustedTokenURI`.
    public func read() throws(OAuthError) -> StoredCredential? {
        guard let bytes = try PrivateFile(path: path).read() else { return nil }
        let file = try AuthorizedUserFile(json: bytes, path: path)
        var stored = StoredCredential(try file.credential(path: path), stored: file.bqpull?.stored ?? .distantPast)
        stored.scopes = file.scopes ?? []
        stored.client = file.bqpull?.client
        stored.endpoint = file.bqpull?.endpoint
        stored.isOwnGrant = file.bqpull?.isOwnGrant ?? false
        // A state that cannot be read is no reason to stop: it only explains.
        if let bytes = try? stateFile.read(), let state = try? Self.decoder.decode(State.self, from: Data(bytes)) {
            stored.lastUse = state.lastUse
            stored.refreshTokenEnd = state.refreshTokenEnd
        }
        return stored
    }

    /// Stores a credential in the place of the one that is there.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore`, `unsafePermissions` or `storeLocked`, or
    ///   `CancellationError`.
    public func write(_ stored: StoredCredential, clock: any Clock<Duration> = ContinuousClock()) async throws {
        // The first write makes the folder, in which the lock stands.
        try writeState(State(lastUse: stored.lastUse, refreshTokenEnd: stored.refreshTokenEnd))
        let lock = try await lock(clock: clock)
        defer { lock?.release() }
        try writeCredential(stored)
    }

    /// Removes the credential and all that belongs to it.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore` or `storeLocked`, or `CancellationError`.
    public func remove(clock: any Clock<Duration> = ContinuousClock()) async throws {
        let lock = try await lock(clock: clock)
        defer { lock?.release() }
        for file in [PrivateFile(path: path), stateFile, PrivateFile(path: lockPath)] { try file.remove() }
    }

    private var lockPath: String { folder + "/credentials.lock" }

    /// Waits until no other process exchanges or replaces the credential.
    func lock(clock: any Clock<Duration>) async throws -> FileLock? {
        try await FileLock.acquire(path: lockPath, clock: clock)
    }

    /// Replaces the refresh token by the one that a token endpoint sent for it, unless a new login has replaced
    /// it meanwhile. To be called with the lock held.
    func replaceRefreshToken(_ sent: Secret, by rotated: Secret) throws(OAuthError) {
        guard var stored = try read(), stored.credential.refreshToken == sent else { return }
        stored.credential.refreshToken = rotated
        try writeCredential(stored)
    }

    /// Notes that the refresh token was exchanged, and when it ends if the answer said so.
    func noteUse(of stored: StoredCredential, lifetime: Duration?, at now: Date) throws(OAuthError) {
        let end = lifetime.map { now.addingTimeInterval($0 / .seconds(1)) } ?? stored.refreshTokenEnd
        try writeState(State(lastUse: now, refreshTokenEnd: end))
    }

    private struct State: Codable {
        var lastUse: Date?
        var refreshTokenEnd: Date?
    }

    private func writeState(_ state: State) throws(OAuthError) {
        try stateFile.write(try Self.encode(state))
    }

    private func writeCredential(_ stored: StoredCredential) throws(OAuthError) {
        var file = AuthorizedUserFile(stored.credential)
        file.scopes = stored.scopes.isEmpty ? nil : stored.scopes
        file.bqpull = .init(
            stored: stored.stored, isOwnGrant: stored.isOwnGrant, endpoint: stored.endpoint, client: stored.client
        )
        try PrivateFile(path: path).write(try Self.encode(file))
    }

    static func encode(_ value: some Encodable) throws(OAuthError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            return Array(try encoder.encode(value)) + [0x0A]
        } catch {
            throw OAuthError(code: .cannotStore, message: "the credential cannot be written as JSON", cause: error)
        }
    }

    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()
}
