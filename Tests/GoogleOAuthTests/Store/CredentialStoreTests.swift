import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

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
            kind: .web, redirectURIs: ["https://example.com/cb"], authorizationURI: "http://127.0.0.1:1/a")
        stored.endpoint = "http://127.0.0.1:1"
        stored.isOwnGrant = true
        stored.refreshTokenEnd = Fake.day.adding(days: 7)
        return stored
    }

    @Test func whatIsStoredIsReadBack() async throws {
        try await withStore { store in
            #expect(try store.read() == nil)
            #expect(!store.exists)
            try await store.write(sample())
            #expect(try store.read() == sample())
            #expect(store.exists)
            // Google's form, so that other tools read it too.
            #expect(try AuthorizedUserCredential(contentsOfFile: store.path) == Fake.credential())
            try await store.remove()
            #expect(try store.read() == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder).isEmpty)
        }
    }

    @Test func filesAndFoldersAreTheUsersOnly() async throws {
        try await withStore { store in
            try await store.write(sample())
            #expect(try permissions(store.folder) == 0o700)
            let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
            #expect(Set(names) == ["credentials.json", "credentials.lock", "state.json"])
            for name in names { #expect(try permissions("\(store.folder)/\(name)") == 0o600, "\(name)") }
        }
    }

    @Test func noSecretStandsBesideTheCredentials() async throws {
        try await withStore { store in
            try await store.write(sample())
            try store.noteUse(of: sample(), lifetime: nil, at: Fake.day)
            for name in ["state.json", "credentials.lock"] {
                let text = try String(contentsOfFile: "\(store.folder)/\(name)", encoding: .utf8)
                #expect(!text.contains("fake"))
            }
        }
    }

    /// Each way in which the file is not one that only the user can read, and the command that mends it.
    @Test(arguments: [
        ("chmod 644 FILE", "chmod 600 'FILE'"), ("chmod 602 FILE", "chmod 600 'FILE'"),
        ("chmod 755 FOLDER", "chmod 700 'FOLDER'"), ("chmod 720 FOLDER", "chmod 700 'FOLDER'"),
        ("mv FILE FOLDER/real; ln -s FOLDER/real FILE", "rm 'FILE'"),
        ("mv FOLDER FOLDER-real; ln -s FOLDER-real FOLDER", "replace 'FOLDER' by a folder"),
        ("rm FILE; mkfifo -m 600 FILE", "rm -r 'FILE'"), ("rm FILE; mkdir -m 600 FILE", "rm -r 'FILE'"),
    ])
    func whatOthersCouldReadOrReplaceIsRefused(damage: String, mend: String) async throws {
        try await withStore { store in
            try await store.write(sample())
            func named(_ text: String) -> String {
                text.replacing("FILE", with: store.path).replacing("FOLDER", with: store.folder)
            }
            let shell = try Process.run(URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", named(damage)])
            shell.waitUntilExit()
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .unsafePermissions)
            #expect(error?.hint?.hasPrefix(named(mend)) == true, "\(error?.hint ?? "")")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aFileOfAnotherUserIsRefused() async throws {
        try await withStore { store in
            try await store.write(sample())
            try FileManager.default.setAttributes([.ownerAccountID: 12345], ofItemAtPath: store.path)
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .unsafePermissions)
            #expect(error?.hint == "sudo chown 0 '\(store.path)'")
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

    @Test func aLargeFileIsRefused() async throws {
        try await withStore { store in
            try await store.write(sample())
            let file = try #require(FileHandle(forWritingAtPath: store.path))
            try file.truncate(atOffset: 1 << 30)
            try file.close()
            let error = #expect(throws: OAuthError.self) { try store.read() }
            #expect(error?.code == .credentialsInvalid)
        }
    }

    @Test func aDamagedStateIsNoReasonToStop() async throws {
        try await withStore { store in
            try await store.write(sample())
            try Data("{".utf8).write(to: URL(fileURLWithPath: store.folder + "/state.json"))
            #expect(try store.read()?.credential == Fake.credential())
        }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        try await TemporaryFolder.with { folder in
            try Data().write(to: URL(fileURLWithPath: folder.file("file")))
            let store = CredentialStore(folder: folder.file("file/bqpull"))
            let stored = try sample()
            let error = await #expect(throws: OAuthError.self) { try await store.write(stored) }
            #expect(error?.code == .cannotStore)
            #expect(try store.read() == nil)
        }
    }

    @Test func aReplacedTokenIsStoredUnlessAnotherLoginCameBetween() async throws {
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

    @Test func oneProcessAtATimeHoldsTheLock() async throws {
        try await withStore { store in
            try await store.write(sample())
            let held = try await store.lock(clock: ContinuousClock())
            let clock = ManualClock()
            let error = await #expect(throws: OAuthError.self) { try await store.lock(clock: clock) }
            #expect(error?.code == .storeLocked)
            #expect(clock.slept.reduce(.zero, +) >= .seconds(59))
            async let waiting: Void = try await store.lock(clock: ContinuousClock())?.release() ?? ()
            held?.release()
            try await waiting
        }
    }
}

@Suite struct PendingConsentTests {
    @Test func waitsInAPrivateFileAndIsUsedOnce() async throws {
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
}
