import Foundation
import GoogleHTTP
import GoogleOAuth
import TestSupport
import Testing
import TextSupport

@testable import CredentialStore

@Suite struct CredentialStoreTests {
    private func withStore(_ body: (CredentialStore) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            try await body(CredentialStore(folder: folder.file("config/bqpull")))
        }
    }

    private func sample() throws -> StoredCredential {
        var stored = StoredCredential(try Fake.credential(), stored: Fake.day)
        stored.scopes = ["https://www.googleapis.com/auth/bigquery"]
        stored.client = .init(
            kind: .web, redirectURIs: ["https://example.com/cb"], authorizationURI: "http://127.0.0.1:1/a",
            redirectURI: "https://example.com/cb")
        stored.endpoint = "http://127.0.0.1:1"
        stored.isOwnGrant = true
        stored.refreshTokenEnd = Fake.day.adding(days: 7)
        return stored
    }

    @Test func readsAStoredCredential() async throws {
        try await withStore { store in
            #expect(try store.read() == nil)
            #expect(!store.exists)
            try await store.write(sample())
            #expect(try store.read() == sample())
            #expect(store.exists)
            // In Google's format, so that other tools can read it.
            #expect(try AuthorizedUserCredential(contentsOfFile: store.path) == Fake.credential())
        }
    }

    @Test func filesAndFoldersArePrivate() async throws {
        try await withStore { store in
            try await store.write(sample())
            #expect(try permissions(store.folder) == 0o700)
            let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
            #expect(Set(names) == ["credentials.json", "credentials.lock", "state.json"])
            for name in names { #expect(try permissions("\(store.folder)/\(name)") == 0o600, "\(name)") }
        }
    }

    @Test func otherFilesContainNoSecret() async throws {
        try await withStore { store in
            try await store.write(sample())
            try store.recordUse(of: sample(), lifetime: nil, at: Fake.day)
            for name in ["state.json", "credentials.lock"] {
                let text = try String(contentsOfFile: "\(store.folder)/\(name)", encoding: .utf8)
                #expect(!text.contains("fake"))
            }
        }
    }

    /// A reason that the file is not private.
    enum Damage: CaseIterable {
        case groupReads, othersRead, othersWrite, folderIsOpen, folderIsListed, link, folderIsLink, pipe, folder

        func detail(_ store: CredentialStore) -> OAuthError.Detail {
            switch self {
            case .groupReads, .othersRead, .othersWrite: .permissions(store.path, mode: 0o600)
            case .folderIsOpen, .folderIsListed: .permissions(store.folder, mode: 0o700)
            case .link: .symbolicLink(store.path)
            case .folderIsLink: .notAFolder(store.folder)
            case .pipe, .folder: .notAFile(store.path)
            }
        }

        func inflict(on store: CredentialStore) throws {
            let files = FileManager.default
            func setMode(_ mode: Int, _ path: String) throws {
                try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            func replaceByLink(_ path: String) throws {
                try files.moveItem(atPath: path, toPath: path + ".real")
                try files.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
            }
            switch self {
            case .groupReads: try setMode(0o640, store.path)
            case .othersRead: try setMode(0o644, store.path)
            case .othersWrite: try setMode(0o602, store.path)
            case .folderIsOpen: try setMode(0o720, store.folder)
            case .folderIsListed: try setMode(0o755, store.folder)
            case .link: try replaceByLink(store.path)
            case .folderIsLink: try replaceByLink(store.folder)
            case .pipe:
                try files.removeItem(atPath: store.path)
                try #require(mkfifo(store.path, 0o600) == 0)
            case .folder:
                try files.removeItem(atPath: store.path)
                try files.createDirectory(
                    atPath: store.path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o600])
            }
        }
    }

    @Test(.faults("A24"), arguments: Damage.allCases)
    func rejectsExposedFiles(damage: Damage) async throws {
        try await withStore { store in
            try await store.write(sample())
            try damage.inflict(on: store)
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .unsafePermissions)
            #expect(error?.detail == damage.detail(store))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func rejectsAFileOfAnotherUser() async throws {
        try await withStore { store in
            try await store.write(sample())
            try FileManager.default.setAttributes([.ownerAccountID: 12345], ofItemAtPath: store.path)
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .unsafePermissions)
            #expect(error?.detail == .foreignOwner(store.path, expected: 0))
        }
    }

    @Test func aSymbolicLinkIsReplacedAndNeverWrittenThrough() async throws {
        try await withStore { store in
            try await store.write(sample())
            let target = store.folder + "/target"
            try Data("untouched".utf8).write(to: URL(fileURLWithPath: target))
            try FileManager.default.removeItem(atPath: store.path)
            try FileManager.default.createSymbolicLink(atPath: store.path, withDestinationPath: target)
            #expect(store.exists)
            try await store.write(sample())
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "untouched")
            #expect(try store.read() == sample())
        }
    }

    @Test func rejectsALargeFile() async throws {
        try await withStore { store in
            try await store.write(sample())
            let file = try #require(FileHandle(forWritingAtPath: store.path))
            try file.truncate(atOffset: 1 << 30)
            try file.close()
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .credentialsInvalid)
            #expect(error?.message.contains("64 KiB") == true)
        }
    }

    @Test func ignoresADamagedState() async throws {
        try await withStore { store in
            try await store.write(sample())
            try Data("{".utf8).write(to: URL(fileURLWithPath: store.folder + "/state.json"))
            #expect(try store.read()?.credential == Fake.credential())
        }
    }

    /// The credential is stored although its state is not.
    @Test func ignoresAStateThatCannotBeWritten() async throws {
        try await withStore { store in
            try store.prepare()
            try FileManager.default.createDirectory(
                atPath: store.folder + "/state.json", withIntermediateDirectories: false)
            try await store.write(sample())
            #expect(try store.read()?.credential == Fake.credential())
        }
    }

    @Test func replacesADamagedFile() async throws {
        try await withStore { store in
            try await store.write(sample())
            try Data("{".utf8).write(to: URL(fileURLWithPath: store.path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: store.path)
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.detail == .damagedFile(store.path))
            let stored = try sample()
            await #expect(throws: OAuthError.self) {
                try await store.update(replacesDamaged: false) { _ in stored }
            }
            try await store.write(stored)
            #expect(try store.read() == stored)
        }
    }

    @Test func mergesTheMetadataOfTheSameToken() throws {
        var corrected = StoredCredential(try Fake.credential(), stored: Fake.day.adding(days: 3))
        corrected.credential.clientSecret = Secret("fake-corrected")
        let known = corrected.merging(try sample())
        #expect(known.credential.clientSecret.reveal() == "fake-corrected")
        #expect(known.stored == Fake.day && known.isOwnGrant && known.refreshTokenEnd == Fake.day.adding(days: 7))
        #expect(try known.scopes == sample().scopes)
        #expect(try known.client == sample().client)
        corrected.credential.clientID = "another"
        #expect(corrected.merging(try sample()).client == nil)
    }

    @Test func reportsAFolderThatCannotBeCreated() async throws {
        try await TemporaryFolder.with { folder in
            try Data().write(to: URL(fileURLWithPath: folder.file("file")))
            let store = CredentialStore(folder: folder.file("file/bqpull"))
            let stored = try sample()
            let error = await #expect(throws: OAuthError.self) { try await store.write(stored) }
            #expect(error?.code == .cannotStore)
            #expect(try store.read() == nil)
        }
    }

    @Test func revokingRemovesAllFilesButTheLock() async throws {
        try await withStore { store in
            try await store.write(sample())
            try store.keep(PendingConsent(ConsentRequest(client: Fake.client(), redirectURI: "http://127.0.0.1:8085")))
            let refusal = ScriptedTransport([.answer(400, "<html>")])
            await #expect(throws: OAuthError.self) { try await store.revoke(TokenContext(transport: refusal)) }
            #expect(try store.read() == sample())
            let transport = ScriptedTransport([.answer(200, "{}")])
            #expect(try await store.revoke(TokenContext(transport: transport)))
            #expect(transport.requests.first?.bodyText == "token=1%2F%2Ffake-token")
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == ["credentials.lock"])
            let error = await #expect(throws: OAuthError.self) {
                try await store.revoke(TokenContext(transport: transport))
            }
            #expect(error?.code == .noCredentials)
        }
    }

    /// Another process rotates the token while the revocation waits for the lock.
    @Test func revokesTheCurrentToken() async throws {
        try await withStore { store in
            try await store.write(sample())
            let transport = ScriptedTransport([.answer(200, "{}")])
            let (sleeps, continuation) = AsyncStream<Void>.makeStream()
            let clock = ReportingClock { continuation.yield() }
            let revocation = try await store.withLock(clock: ContinuousClock()) {
                let revocation = Task {
                    try await store.revoke(TokenContext(transport: transport, clock: clock))
                }
                // The revocation sleeps between two attempts to take the lock.
                for await _ in sleeps { break }
                try store.replaceRefreshToken(Secret("1//fake-token"), by: Secret("1//fake-rotated"))
                return revocation
            }
            #expect(try await revocation.value)
            #expect(transport.requests.first?.bodyText == "token=1%2F%2Ffake-rotated")
        }
    }

    /// A continuous clock that reports when a sleep begins.
    private struct ReportingClock: Clock {
        let onSleep: @Sendable () -> Void

        var now: ContinuousClock.Instant { .now }
        var minimumResolution: Duration { .zero }

        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
            onSleep()
            try await ContinuousClock().sleep(until: deadline, tolerance: tolerance)
        }
    }

    @Test func ignoresTheStateOfAnotherCredential() async throws {
        try await withStore { store in
            try await store.write(sample())
            let state = try Data(contentsOf: URL(fileURLWithPath: store.folder + "/state.json"))
            var other = try sample()
            other.stored = Fake.day.adding(days: 1)
            other.refreshTokenEnd = nil
            try await store.write(other)
            try state.write(to: URL(fileURLWithPath: store.folder + "/state.json"))
            #expect(try store.read()?.refreshTokenEnd == nil)
        }
    }

    /// The age of a copied gcloud file is unknown.
    @Test func aForeignFileHasNoHistory() async throws {
        try await withStore { store in
            try await store.write(sample())
            try Data(Fake.credential().authorizedUserFile()).write(to: URL(fileURLWithPath: store.path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: store.path)
            let stored = try #require(try store.read())
            #expect(stored.stored == nil && stored.endWhenUnused == nil)
            let error = OAuthError(code: .expiredOrRevoked, message: "m").explained(by: stored, at: Fake.day)
            #expect(error.detail == nil)
        }
    }

    @Test func preparingDetectsAnUnwritableStore() async throws {
        try await withStore { store in
            try store.prepare()
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder).isEmpty)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: store.folder)
            let error = #expect(throws: OAuthError.self) { try store.prepare() }
            #expect(error?.code == .unsafePermissions)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: store.folder)
            // If the trial file cannot be written, neither can a credential.
            try FileManager.default.createDirectory(
                atPath: store.folder + "/trial/full", withIntermediateDirectories: true)
            let inTheWay = #expect(throws: OAuthError.self) { try store.prepare() }
            #expect(inTheWay?.code == .cannotStore)
        }
    }

    @Test func storesARotatedTokenUnlessALoginReplacedIt() async throws {
        try await withStore { store in
            try await store.write(sample())
            try store.replaceRefreshToken(Secret("1//another"), by: Secret("1//fake-rotated"))
            #expect(try store.read() == sample())
            try store.replaceRefreshToken(Secret("1//fake-token"), by: Secret("1//fake-rotated"))
            var rotated = try sample()
            rotated.credential.refreshToken = Secret("1//fake-rotated")
            #expect(try store.read() == rotated)
        }
    }

    @Test func atMostOneProcessHoldsTheLock() async throws {
        try await withStore { store in
            try await store.write(sample())
            let waiting = try await store.withLock(clock: ContinuousClock()) {
                let clock = ManualClock()
                let error = await #expect(throws: OAuthError.self) { try await store.withLock(clock: clock) {} }
                #expect(error?.code == .storeLocked)
                #expect(clock.slept.reduce(.zero, +) >= .seconds(59))
                return Task { try await store.withLock(clock: ContinuousClock()) {} }
            }
            try await waiting.value
        }
    }
}

@Suite struct PendingConsentTests {
    @Test func isPrivateAndUsedOnce() async throws {
        try await TemporaryFolder.with { folder in
            let store = CredentialStore(folder: folder.file("bqpull"))
            let request = try ConsentRequest(client: Fake.client(), redirectURI: "http://127.0.0.1:8085")
            try store.keep(PendingConsent(request, project: "fake-project", endpoint: "http://127.0.0.1:1"))
            #expect(try permissions(store.folder + "/consent.json") == 0o600)
            let pending = try store.pendingConsent()
            #expect(pending.request.url == request.url)
            #expect(pending.request.proofKey == request.proofKey)
            #expect(pending.request.client == request.client)
            #expect(pending.project == "fake-project")
            #expect(pending.endpoint == "http://127.0.0.1:1")
            try store.usePendingConsent()
            #expect(throws: OAuthError.self) { try store.usePendingConsent() }
            let error = #expect(throws: OAuthError.self) { try store.pendingConsent() }
            #expect(error?.code == .noPendingConsent)
        }
    }

    @Test func isRemovedWhenACredentialIsStored() async throws {
        try await TemporaryFolder.with { folder in
            let store = CredentialStore(folder: folder.file("bqpull"))
            let request = try ConsentRequest(client: Fake.client(), redirectURI: "http://127.0.0.1:8085")
            try store.keep(PendingConsent(request, project: nil, endpoint: nil))
            try await store.write(StoredCredential(try Fake.credential(), stored: Fake.day))
            #expect(!FileManager.default.fileExists(atPath: store.folder + "/consent.json"))
        }
    }
}
