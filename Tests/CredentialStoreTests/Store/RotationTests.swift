import Foundation
import GoogleHTTP
import GoogleOAuth
import Synchronization
import TestSupport
import Testing

@testable import CredentialStore

/// A token endpoint that rotates the refresh token at every exchange.
@Suite struct RotationTests {
    private func provider(_ store: CredentialStore, _ context: TokenContext) throws -> any TokenProvider {
        LocatedCredential(
            credential: .authorizedUser(try Fake.credential()), source: store.path, isExplicit: false, store: store
        ).tokenProvider(context)
    }

    private func withStore(_ body: (CredentialStore) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let store = CredentialStore(folder: folder.file("bqpull"))
            try await store.write(StoredCredential(Fake.credential(), stored: Fake.day))
            try await body(store)
        }
    }

    /// Accepts only the latest refresh token, as a strict service does.
    private final class RotatingService: Sendable {
        private let state = Mutex((current: "1//fake-token", count: 0))

        func answer(_ request: HTTPRequest) async -> ScriptedTransport.Reply {
            // Time in which another process can use the old token. Cancellation shortens it.
            try? await Task.sleep(for: .milliseconds(20))
            return state.withLock { state in
                guard request.bodyText.hasSuffix("refresh_token=\(percentEncoded(state.current))") else {
                    return .answer(
                        400, #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#)
                }
                state.count += 1
                state.current = "1//fake-\(state.count)"
                return Fake.token("access-\(state.count)", expiresIn: 0, refreshToken: state.current)
            }
        }
    }

    @Test(.faults("A19")) func storesARotatedTokenBeforeItIsUsed() async throws {
        try await withStore { store in
            let transport = ScriptedTransport { request in
                // Without a readable token the expectation fails.
                let kept = (try? store.read())?.credential.refreshToken.reveal() ?? ""
                #expect(request.bodyText.hasSuffix("refresh_token=\(percentEncoded(kept))"))
                return Fake.token("a", expiresIn: 0, refreshToken: kept + "x")
            }
            let provider = try provider(store, TokenContext(transport: transport))
            for _ in 0..<3 { _ = try await provider.accessToken() }
            #expect(try store.read()?.credential.refreshToken.reveal() == "1//fake-tokenxxx")
        }
    }

    /// Several providers represent several processes: they share only the files.
    @Test(.faults("A21")) func concurrentProcessesKeepTheTokenValid() async throws {
        try await withStore { store in
            let service = RotatingService()
            let transport = ScriptedTransport { await service.answer($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    let provider = try provider(store, TokenContext(transport: transport))
                    group.addTask { for _ in 0..<5 { _ = try await provider.accessToken() } }
                }
                try await group.waitForAll()
            }
            #expect(transport.requests.count == 40)
            #expect(try store.read()?.credential.refreshToken.reveal() == "1//fake-40")
        }
    }

    /// The service has rotated the token after the last caller was cancelled.
    @Test func anExchangeCompletesWithoutAWaiter() async throws {
        try await withStore { store in
            let (arrivals, arrived) = AsyncStream<Void>.makeStream()
            let (departures, mayAnswer) = AsyncStream<Void>.makeStream()
            let transport = ScriptedTransport { _ in
                arrived.yield()
                for await _ in departures { break }
                return Fake.token("a", refreshToken: "1//fake-rotated")
            }
            let provider = try provider(store, TokenContext(transport: transport))
            let caller = Task { try await provider.accessToken() }
            for await _ in arrivals { break }
            caller.cancel()
            await #expect(throws: CancellationError.self) { try await caller.value }
            mayAnswer.yield()
            await provider.settle()
            #expect(try store.read()?.credential.refreshToken.reveal() == "1//fake-rotated")
        }
    }

    @Test func doesNotOverwriteANewLogin() async throws {
        try await withStore { store in
            let transport = ScriptedTransport { _ in
                // As if the lock had no effect, as on some network file systems. The last expectation fails if this does.
                try? store.replaceRefreshToken(Secret("1//fake-token"), by: Secret("1//fake-login"))
                return Fake.token("a", refreshToken: "1//fake-rotated")
            }
            let provider = try provider(store, TokenContext(transport: transport))
            _ = try await provider.accessToken()
            #expect(try store.read()?.credential.refreshToken.reveal() == "1//fake-login")
        }
    }

    @Test(.faults("A20")) func usesATokenThatCannotBeStoredWithAWarning() async throws {
        try await withStore { store in
            let warnings = Mutex<[String]>([])
            let transport = ScriptedTransport([
                Fake.token("first", expiresIn: 0, refreshToken: "1//fake-rotated"), Fake.token("second"),
            ])
            let context = TokenContext(
                transport: transport, onWarning: { warning in warnings.withLock { $0.append(warning) } })
            let provider = try provider(store, context)
            // Readable by others, so that it is neither read nor written.
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: store.folder)
            #expect(try await provider.accessToken().value.reveal() == "first")
            #expect(try await provider.accessToken().value.reveal() == "second")
            #expect(transport.requests.last?.bodyText.contains("1%2F%2Ffake-rotated") == true)
            #expect(warnings.withLock { $0.count } == 1)
            #expect(warnings.withLock { $0.first?.contains("could not be stored") } == true)
            #expect(warnings.withLock { $0.first?.contains("fake-rotated") } == false)
        }
    }

    @Test func keepsAnUnstoredTokenInMemoryWithAWarning() async throws {
        let warnings = Mutex<[String]>([])
        let provider = try Fake.credential().tokenProvider(
            TokenContext(
                transport: ScriptedTransport([Fake.token("a", refreshToken: "1//fake-rotated")]),
                onWarning: { warning in warnings.withLock { $0.append(warning) } }))
        _ = try await provider.accessToken()
        #expect(warnings.withLock { $0.first?.contains("was not written back") } == true)
    }

    /// The wall clock changes by days with every request, and once by decades.
    @Test(.faults("A22")) func theWallClockDoesNotExpireAToken() async throws {
        try await withStore { store in
            let transport = ScriptedTransport([
                Fake.token("first", more: #","refresh_token_expires_in":86400"#), Fake.token("second"),
            ])
            let clock = ManualClock()
            let day = Mutex(0.0)
            let context = TokenContext(
                transport: transport, clock: clock, now: { Fake.day.adding(days: day.withLock { $0 }) })
            let provider = try provider(store, context)
            for jump in [0, 1, -1, 400, -20_000] as [Double] {
                day.withLock { $0 = jump }
                #expect(try await provider.accessToken().value.reveal() == "first")
            }
            #expect(transport.requests.count == 1)
            // The machine slept for two hours, during which the monotonic clock advanced.
            clock.advance(by: .seconds(7200))
            #expect(try await provider.accessToken().value.reveal() == "second")
            #expect(transport.requests.count == 2)
        }
    }

    /// If the monotonic clock stood still during sleep, the service reports the expired token.
    @Test(.faults("A22")) func replacesATokenThatExpiredDuringSleepOnce() async throws {
        let transport = ScriptedTransport([Fake.token("first"), Fake.token("second")])
        let provider = try Fake.credential().tokenProvider(TokenContext(transport: transport, clock: ManualClock()))
        let first = try await provider.accessToken()
        for _ in 0..<5 { await provider.reject(first) }
        #expect(try await provider.accessToken().value.reveal() == "second")
        await provider.reject(first)
        #expect(try await provider.accessToken().value.reveal() == "second")
        #expect(transport.requests.count == 2)
    }

    @Test func recordsUseAndExpiry() async throws {
        try await withStore { store in
            let transport = ScriptedTransport([
                Fake.token("a", expiresIn: 0, more: #","refresh_token_expires_in":86400"#),
                Fake.token("b", expiresIn: 0),
                .answer(400, #"{"error":"invalid_grant","error_description":"Bad Request"}"#),
            ])
            let now = Mutex(Fake.day.adding(days: 1))
            let provider = try provider(store, TokenContext(transport: transport, now: { now.withLock { $0 } }))
            _ = try await provider.accessToken()
            #expect(try store.read()?.lastUse == Fake.day.adding(days: 1))
            #expect(try store.read()?.refreshTokenEnd == Fake.day.adding(days: 2))
            now.withLock { $0 = Fake.day.adding(days: 1.5) }
            _ = try await provider.accessToken()
            #expect(try store.read()?.lastUse == Fake.day.adding(days: 1.5))
            #expect(try store.read()?.refreshTokenEnd == Fake.day.adding(days: 2))
            now.withLock { $0 = Fake.day.adding(days: 3) }
            let error = await #expect(throws: OAuthError.self) { try await provider.accessToken() }
            #expect(error?.code == .damagedToken)
            #expect(try store.read()?.lastUse == Fake.day.adding(days: 1.5))
        }
    }
}
