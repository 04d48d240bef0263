import GoogleHTTP
import Logging
import TestSupport
import Testing

@Suite struct HTTPSTransportTests {
    private func exchange(
        _ response: String, then ending: RawServer.Ending = .close, limits: HTTPLimits = HTTPLimits(),
        firstByteTimeout: Duration = .seconds(30), holding: Duration? = nil
    ) async throws -> (Int, String) {
        try await RawServer.with(response, then: ending) { server in
            try await withTransport(limits: limits) { transport in
                try await transport.exchange(
                    HTTPRequest(.get, server.address + "/x", firstByteTimeout: firstByteTimeout)
                ) { head, body in
                    // A slow consumer.
                    if let holding { try await body.hold { try await Task.sleep(for: holding) } }
                    return (head.status, String(decoding: try await body.collect(limit: 1000), as: UTF8.self))
                }
            }
        }
    }

    private func withTransport<Result>(
        limits: HTTPLimits = HTTPLimits(), _ body: (HTTPSTransport) async throws -> Result
    ) async throws -> Result {
        let transport = HTTPSTransport(
            userAgent: "test", limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            let result = try await body(transport)
            try await transport.shutdown()
            return result
        } catch {
            // The first error is the one to report.
            try? await transport.shutdown()
            throw error
        }
    }

    private func code(_ body: () async throws -> Void) async -> HTTPError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? HTTPError)?.code
        }
    }

    @Test func passesStatusAndBody() async throws {
        let (status, body) = try await exchange("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nhello")
        #expect(status == 503)
        #expect(body == "hello")
    }

    /// BigQuery compresses only for agents that contain the word `gzip`.
    @Test func namesTheProgramAndGzip() async throws {
        try await RawServer.with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") { server in
            _ = try await withTransport { transport in
                try await transport.exchange(HTTPRequest(.get, server.address)) { head, _ in head.status }
            }
            #expect(server.receivedText.contains("\r\nUser-Agent: test (gzip)\r\n"))
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func rejectsRedirects(status: Int) async throws {
        let response = "HTTP/1.1 \(status) Moved\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"
        do {
            _ = try await exchange(response)
            Issue.record("a redirect was not rejected")
        } catch let error as HTTPError {
            #expect(error.code == .redirected)
            #expect(error.message.contains("http://127.0.0.1:1/elsewhere"))
            #expect(!error.isTransient)
        }
    }

    @Test(arguments: [
        ("", HTTPError.Code.connectionLost),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", .connectionLost),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .connectionLost),
        ("not http at all\r\n\r\n", .protocolViolation),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "x", count: 2000), .bodyTooLarge),
    ])
    func classifiesMalformedResponses(response: String, expected: HTTPError.Code) async {
        #expect(await code { _ = try await exchange(response) } == expected)
    }

    @Test(
        .faults("N43"), arguments: ["000", "001", "050", "099"],
        [
            "Content-Length: 2\r\n\r\n{}", "Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "\r\n",
        ])
    func rejectsStatusBelow100(status: String, rest: String) async {
        #expect(await code { _ = try await exchange("HTTP/1.1 \(status) X\r\n\(rest)") } == .protocolViolation)
    }

    @Test(
        .faults("N44"),
        arguments: [
            "http://127.0.0.1:65536/", "http://localhost:65536", "https://[::1]:70000/x", "http://127.0.0.1:0",
            "http://127.0.0.1:18446744073709551617", "http://", "http:///x", "ftp://127.0.0.1", "127.0.0.1", "",
            "http://a b",
        ])
    func rejectsInvalidURLs(url: String) async throws {
        let found = await code { try await withTransport { try await $0.exchange(HTTPRequest(.get, url)) { _, _ in } } }
        #expect(found == .invalidEndpoint)
    }

    @Test(arguments: [
        ("Schlüssel", "value"), ("", "value"), ("a b", "value"), ("a:", "value"), ("a\r\nb", "value"),
        ("name", "a\r\nb: c"), ("name", "a\nb"), ("name", "a\u{0}b"), ("Authorization", "Bearer a\nb"),
    ])
    func rejectsInvalidHeaders(name: String, value: String) async throws {
        try await RawServer.with("HTTP/1.1 204 No Content\r\n\r\n") { server in
            let request =
                name == "Authorization"
                ? HTTPRequest(.get, server.address, authorization: Secret(value))
                : HTTPRequest(.get, server.address, headers: [(name, value)])
            let found = await code { try await withTransport { try await $0.exchange(request) { _, _ in } } }
            #expect(found == .invalidEndpoint)
            #expect(server.receivedText == "")
        }
    }

    @Test func reportsRefusedConnection() async throws {
        let address = "http://127.0.0.1:1"
        let found = await code {
            try await withTransport { try await $0.exchange(HTTPRequest(.get, address)) { _, _ in } }
        }
        #expect(found == .connectionFailed)
    }

    @Test func timesOutWithoutFirstByte() async {
        let found = await code {
            _ = try await exchange("", then: .stayOpen, firstByteTimeout: .milliseconds(200))
        }
        #expect(found == .timeout)
    }

    @Test func timesOutOnSilentBody() async {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(200)
        let found = await code {
            _ = try await exchange(
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", then: .stayOpen, limits: limits
            )
        }
        #expect(found == .timeout)
    }

    @Test func timesOutOnSlowBody() async {
        var limits = HTTPLimits()
        limits.rateWindow = .milliseconds(200)
        let found = await code {
            _ = try await exchange(
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", then: .stayOpen, limits: limits
            )
        }
        #expect(found == .timeout)
    }

    /// A sender can stall only while the body is not held.
    @Test(arguments: [("hello", nil as HTTPError.Code?), ("hel", .timeout)])
    func ignoresTimeWhileBodyIsHeld(sent: String, expected: HTTPError.Code?) async {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(200)
        limits.rateWindow = .milliseconds(250)
        let found = await code {
            let (_, body) = try await exchange(
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\(sent)", then: .stayOpen, limits: limits,
                holding: .milliseconds(900))
            #expect(body == "hello")
        }
        #expect(found == expected)
    }

    @Test func cancellationIsNotWrapped() async throws {
        try await RawServer.with("", then: .stayOpen) { server in
            let task = Task {
                try await withTransport { transport in
                    try await transport.exchange(HTTPRequest(.get, server.address + "/x")) { _, _ in }
                }
            }
            await server.waitForRequest()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
