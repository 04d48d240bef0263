import Foundation
import GoogleHTTP
import Logging
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct LoopbackListenerTests {
    private func request(_ listener: LoopbackListener, path: String = "") throws -> ConsentRequest {
        try ConsentRequest(
            client: Fake.client(), redirectURI: "http://127.0.0.1:\(listener.port)\(path)", scopes: ["bigquery"],
            state: "the-state", proofKey: ProofKey()
        )
    }

    /// Sends a request as a browser does, and returns status and page.
    private func get(_ listener: LoopbackListener, _ target: String, method: HTTPRequest.Method = .get) async throws
        -> (status: Int, page: String)
    {
        let transport = HTTPSTransport(
            userAgent: "browser", logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        let answer = try await transport.exchange(HTTPRequest(method, "http://127.0.0.1:\(listener.port)\(target)")) {
            head, body in (head.status, String(decoding: try await body.collect(limit: 10_000), as: UTF8.self))
        }
        try await transport.shutdown()
        return answer
    }

    /// Requests that any page could send have no effect; then the redirect arrives.
    @Test(arguments: ["", "/callback"])
    func acceptsOnlyTheExpectedRedirect(path: String) async throws {
        try await LoopbackListener.with { listener in
            #expect(try await get(listener, "/?state=the-state&code=4/0Aearly-code").status == 404)
            let redirect = listener.expectRedirect(of: try request(listener, path: path))
            let target = path.isEmpty ? "/" : path
            #expect(try await get(listener, "/favicon.ico").status == 404)
            #expect(try await get(listener, target).status == 404)
            #expect(try await get(listener, "/elsewhere?state=the-state&code=4/0Aforeign-code").status == 404)
            #expect(try await get(listener, "\(target)?state=another&code=4/0Aforeign-code").status == 400)
            #expect(try await get(listener, "\(target)?state=another&error=access_denied").status == 400)
            #expect(try await get(listener, "\(target)?state=the-state").status == 400)
            #expect(
                try await get(listener, "\(target)?state=the-state&code=4/0Aforeign-code", method: .post).status == 404)
            let (status, page) = try await get(listener, "\(target)?state=the-state&code=4%2F0Afake-code&scope=x")
            #expect(status == 200)
            #expect(page.contains("You can close this tab."))
            #expect(!page.contains("fake-code"))
            #expect(try await redirect.authorizationCode().reveal() == "4/0Afake-code")
        }
    }

    @Test func anErrorEndsTheWait() async throws {
        let error = await #expect(throws: OAuthError.self) {
            try await LoopbackListener.with { listener in
                let redirect = listener.expectRedirect(of: try request(listener))
                let (_, page) = try await get(listener, "/?state=the-state&error=access_denied")
                #expect(page.contains("Access denied"))
                _ = try await redirect.authorizationCode()
            }
        }
        #expect(error?.code == .accessDenied)
    }

    @Test func namesAPortInUse() async throws {
        try await LoopbackListener.with { listener in
            let error = await #expect(throws: OAuthError.self) {
                try await LoopbackListener.with(port: listener.port) { _ in }
            }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.contains("\(listener.port)") == true)
        }
    }

    @Test(arguments: [-1, 65_536, .max, .min]) func namesAPortOutOfRange(port: Int) async throws {
        let error = await #expect(throws: OAuthError.self) { try await LoopbackListener.with(port: port) { _ in } }
        #expect(error?.code == .cannotListen)
        #expect(error?.message.contains("\(port)") == true)
    }

    @Test func theWaitCanBeCancelled() async throws {
        let task = Task {
            try await LoopbackListener.with { try await $0.expectRedirect(of: try request($0)).authorizationCode() }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
