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

    /// Asks as a browser does, and returns status and page.
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

    /// What any page in the browser could send changes nothing; then comes the real answer.
    @Test(arguments: ["", "/callback"])
    func takesTheOneAnswer(path: String) async throws {
        try await LoopbackListener.with { listener in
            async let code = listener.authorizationCode(for: try request(listener, path: path))
            // The listener may not have been told yet what to expect.
            while try await get(listener, "\(path.isEmpty ? "/" : path)?state=no").status == 404 {}
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
            #expect(page.contains("You can close this page."))
            #expect(!page.contains("fake-code"))
            #expect(try await code.reveal() == "4/0Afake-code")
        }
    }

    @Test func anErrorEndsTheWaiting() async throws {
        let error = await #expect(throws: OAuthError.self) {
            try await LoopbackListener.with { listener in
                async let code = listener.authorizationCode(for: try request(listener))
                while try await get(listener, "/?state=no").status == 404 {}
                let (_, page) = try await get(listener, "/?state=the-state&error=access_denied")
                #expect(page.contains("not allowed"))
                _ = try await code
            }
        }
        #expect(error?.code == .accessDenied)
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        try await LoopbackListener.with { listener in
            let error = await #expect(throws: OAuthError.self) {
                try await LoopbackListener.with(port: listener.port) { _ in }
            }
            #expect(error?.code == .cannotListen)
            #expect(error?.message.contains("\(listener.port)") == true)
        }
    }

    @Test func waitingCanBeCancelled() async throws {
        let task = Task {
            try await LoopbackListener.with { try await $0.authorizationCode(for: try request($0)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
