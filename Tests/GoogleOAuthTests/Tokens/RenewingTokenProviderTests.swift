import GoogleHTTP
import GoogleOAuth
import Synchronization
import TestSupport
import Testing

@Suite struct RenewingTokenProviderTests {
    private static func credential() throws -> AuthorizedUserCredential {
        try AuthorizedUserCredential(
            clientID: "fake-client", clientSecret: Secret("fake&secret="), refreshToken: Secret("1//fake+token"),
            tokenURI: "http://127.0.0.1:1/token"
        )
    }

    private static func token(_ name: String, expiresIn: String = "3599") -> ScriptedTransport.Reply {
        .answer(200, #"{"access_token":"\#(name)","expires_in":\#(expiresIn),"token_type":"Bearer"}"#)
    }

    private func provider(_ transport: ScriptedTransport, clock: ManualClock = ManualClock()) throws
        -> RenewingTokenProvider
    {
        try Self.credential().tokenProvider(TokenContext(transport: transport, clock: clock))
    }

    @Test func sendsAFormAndNothingInTheURL() async throws {
        let transport = ScriptedTransport([Self.token("fake-access")])
        let token = try await provider(transport).accessToken()
        #expect(token.authorization.reveal() == "Bearer fake-access")
        let request = try #require(transport.requests.first)
        #expect(request.method == .post)
        #expect(request.url == "http://127.0.0.1:1/token")
        #expect(
            request.bodyText
                == "grant_type=refresh_token&client_id=fake-client&client_secret=fake%26secret%3D&refresh_token=1%2F%2Ffake%2Btoken"
        )
        #expect(request.headers.contains { $0 == ("Content-Type", "application/x-www-form-urlencoded") })
    }

    @Test func sharesOneExchangeAmongCallers() async throws {
        let (departures, mayAnswer) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { _ in
            for await _ in departures { break }
            return Self.token("fake-access")
        }
        let provider = try provider(transport)
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let tokens = try await withThrowingTaskGroup(of: AccessToken.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    arrived.yield()
                    return try await provider.accessToken()
                }
            }
            for await _ in arrivals.prefix(1000) {}
            mayAnswer.yield()
            return try await group.reduce(into: Set<AccessToken>()) { $0.insert($1) }
        }
        #expect(tokens.count == 1)
        #expect(transport.requests.count == 1)
    }

    @Test func aCancelledCallerDoesNotWaitForASilentEndpoint() async throws {
        let transport = ScriptedTransport { _ in
            return await .never()
        }
        let provider = try provider(transport)
        let callers = (0..<3).map { _ in Task { try await provider.accessToken() } }
        while transport.requests.isEmpty { await Task.yield() }
        for caller in callers { caller.cancel() }
        for caller in callers { await #expect(throws: CancellationError.self) { try await caller.value } }
    }

    @Test func aCancelledCallerDoesNotWaitForTheOthers() async throws {
        let (departures, mayAnswer) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { _ in
            for await _ in departures { break }
            return Self.token("fake-access")
        }
        let provider = try provider(transport)
        let first = Task { try await provider.accessToken() }
        while transport.requests.isEmpty { await Task.yield() }
        let second = Task { try await provider.accessToken() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        mayAnswer.yield()
        #expect(try await first.value.value.reveal() == "fake-access")
    }

    @Test func oneCancelledCallerDoesNotFailTheOthers() async throws {
        let (departures, mayAnswer) = AsyncStream<Void>.makeStream()
        let transport = ScriptedTransport { _ in
            for await _ in departures { break }
            return Self.token("fake-access")
        }
        let provider = try provider(transport)
        let callers = (0..<3).map { _ in Task { try await provider.accessToken() } }
        while transport.requests.isEmpty { await Task.yield() }
        callers[0].cancel()
        await #expect(throws: CancellationError.self) { try await callers[0].value }
        mayAnswer.yield()
        #expect(try await callers[1].value.value.reveal() == "fake-access")
        #expect(try await callers[2].value.value.reveal() == "fake-access")
        #expect(transport.requests.count == 1)
    }

    /// When a tenth of the lifetime, at most 225 s, is left.
    @Test(arguments: [(3600, 3374, 3376), (360, 323, 325), (100, 89, 91)])
    func renewsBeforeExpiry(lifetime: Int, before: Int, after: Int) async throws {
        let transport = ScriptedTransport([
            Self.token("first", expiresIn: "\(lifetime)"), Self.token("second", expiresIn: "\(lifetime)"),
        ])
        let clock = ManualClock()
        let provider = try provider(transport, clock: clock)
        _ = try await provider.accessToken()
        clock.advance(by: .seconds(before))
        #expect(try await provider.accessToken().value.reveal() == "first")
        clock.advance(by: .seconds(after - before))
        #expect(try await provider.accessToken().value.reveal() == "first")
        await provider.settle()
        #expect(try await provider.accessToken().value.reveal() == "second")
    }

    @Test func aFailedRenewalKeepsAValidToken() async throws {
        let refusal = ScriptedTransport.Reply.answer(400, #"{"error":"invalid_grant"}"#)
        let transport = ScriptedTransport([Self.token("first"), refusal, refusal])
        let clock = ManualClock()
        let provider = try provider(transport, clock: clock)
        _ = try await provider.accessToken()
        clock.advance(by: .seconds(3590))
        for _ in 0..<3 {
            #expect(try await provider.accessToken().value.reveal() == "first")
            await provider.settle()
        }
        #expect(transport.requests.count == 2)
        clock.advance(by: .seconds(10))
        await #expect(throws: OAuthError.self) { try await provider.accessToken() }
        #expect(transport.requests.count == 3)
    }

    @Test func callersDoNotWaitForARenewal() async throws {
        let isFirst = Mutex(true)
        let transport = ScriptedTransport { _ in
            let first = isFirst.withLock { value in
                defer { value = false }
                return value
            }
            return first ? Self.token("first") : await .never()
        }
        let clock = ManualClock()
        let provider = try provider(transport, clock: clock)
        _ = try await provider.accessToken()
        clock.advance(by: .seconds(3500))
        for _ in 0..<3 { #expect(try await provider.accessToken().value.reveal() == "first") }
    }

    @Test func retriesAFailedRenewal() async throws {
        let transport = ScriptedTransport([
            Self.token("first"), .answer(400, #"{"error":"invalid_grant"}"#), Self.token("second"),
        ])
        let clock = ManualClock()
        let provider = try provider(transport, clock: clock)
        _ = try await provider.accessToken()
        clock.advance(by: .seconds(3400))
        for (advance, requests) in [(0, 2), (9, 2), (2, 3)] {
            clock.advance(by: .seconds(advance))
            #expect(try await provider.accessToken().value.reveal() == "first")
            await provider.settle()
            #expect(transport.requests.count == requests)
        }
        #expect(try await provider.accessToken().value.reveal() == "second")
    }

    @Test func doesNotCacheFailures() async throws {
        let transport = ScriptedTransport([.answer(400, #"{"error":"invalid_grant"}"#), Self.token("later")])
        let provider = try provider(transport)
        await #expect(throws: OAuthError.self) { try await provider.accessToken() }
        #expect(try await provider.accessToken().value.reveal() == "later")
    }

    @Test func aRejectedTokenIsReplacedOnce() async throws {
        let transport = ScriptedTransport([Self.token("first"), Self.token("second")])
        let provider = try provider(transport)
        let first = try await provider.accessToken()
        await provider.reject(first)
        let second = try await provider.accessToken()
        await provider.reject(first)
        #expect(try await provider.accessToken() == second)
        #expect(transport.requests.count == 2)
    }

    @Test(arguments: ["null", #""3599""#, "3599.9", "1e300", #""abc""#, "0", "-5", "{}"])
    func oddLifetimesNeverLeadToALoop(expiresIn: String) async throws {
        let transport = ScriptedTransport { _ in Self.token("odd", expiresIn: expiresIn) }
        let provider = try provider(transport)
        for count in 1...3 {
            #expect(try await provider.accessToken().value.reveal() == "odd")
            #expect(transport.requests.count <= count)
        }
    }

    @Test func capsHugeLifetimes() async throws {
        let transport = ScriptedTransport { _ in Self.token("huge", expiresIn: "1e300") }
        let clock = ManualClock()
        let provider = try provider(transport, clock: clock)
        _ = try await provider.accessToken()
        clock.advance(by: .seconds(24 * 3600))
        _ = try await provider.accessToken()
        #expect(transport.requests.count == 2)
    }

    @Test func usesARotatedRefreshToken() async throws {
        let transport = ScriptedTransport([
            .answer(200, #"{"access_token":"first","expires_in":0,"refresh_token":"1//fake-rotated"}"#),
            Self.token("second"),
        ])
        let provider = try provider(transport)
        _ = try await provider.accessToken()
        _ = try await provider.accessToken()
        #expect(transport.requests.last?.bodyText.contains("1%2F%2Ffake-rotated") == true)
    }

    @Test(arguments: [
        #"{}"#, #"{"access_token":""}"#, #"{"access_token":7}"#, #"{"access_token":"a\r\nX-Evil: 1"}"#,
        #"{"access_token":"a b"}"#, #"{"access_token":"a","token_type":"MAC"}"#, "<html>sign in</html>", "[]", "",
    ])
    func rejectsResponsesWithoutAUsableToken(body: String) async throws {
        let provider = try provider(ScriptedTransport { _ in .answer(200, body) })
        let error = await #expect(throws: OAuthError.self) { try await provider.accessToken() }
        #expect(error?.code == .unexpectedAnswer)
    }

    @Test(arguments: ["bearer", "Bearer", "BEARER"])
    func theTokenTypeIsCaseInsensitive(type: String) async throws {
        let provider = try provider(ScriptedTransport([.answer(200, #"{"access_token":"a","token_type":"\#(type)"}"#)]))
        #expect(try await provider.accessToken().value.reveal() == "a")
    }

    private static let transientFailures: [ScriptedTransport.Reply] = [
        .answer(503), .failure(HTTPError(code: .connectionLost, message: "reset")),
        .answer(400, #"{"error":"temporarily_unavailable"}"#),
    ]

    @Test func survivesThreeTransientFailures() async throws {
        let clock = ManualClock()
        let provider = try provider(ScriptedTransport(Self.transientFailures + [Self.token("at-last")]), clock: clock)
        #expect(try await provider.accessToken().value.reveal() == "at-last")
        #expect(clock.slept.count == 3)
    }

    @Test func failsAfterFourAttempts() async throws {
        let transport = ScriptedTransport(Self.transientFailures + [.answer(503), Self.token("too late")])
        let provider = try provider(transport)
        let error = await #expect(throws: OAuthError.self) { try await provider.accessToken() }
        #expect(error?.code == .serviceUnavailable)
        #expect(transport.requests.count == 4)
    }

    @Test func limitsTheSizeOfAResponse() async throws {
        let provider = try provider(ScriptedTransport { _ in .answer(200, String(repeating: "x", count: 100_000)) })
        let error = await #expect(throws: HTTPError.self) { try await provider.accessToken() }
        #expect(error?.code == .bodyTooLarge)
    }
}
