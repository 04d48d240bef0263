import Logging
import TestSupport
import Testing

@testable import GoogleHTTP

@Suite struct HTTPProxyTests {
    @Test(
        arguments: [
            ([:], nil), (["HTTPS_PROXY": ""], nil),
            (["HTTPS_PROXY": "http://proxy:3128"], "proxy:3128"), (["https_proxy": "proxy:3128"], "proxy:3128"),
            (["ALL_PROXY": "http://proxy"], "proxy:80"), (["HTTP_PROXY": "http://proxy"], nil),
            (["HTTPS_PROXY": "http://one:1", "https_proxy": "http://two:2"], "one:1"),
            (["HTTPS_PROXY": "http://user:hush@proxy:3128/"], "proxy:3128"),
        ] as [([String: String], String?)])
    func readsEnvironmentVariables(environment: [String: String], address: String?) throws {
        let proxy = HTTPProxy(environment: environment)
        #expect(try proxy.map { try $0.address.get() }.map { "\($0.host):\($0.port)" } == address)
        var dumped = ""
        dump(proxy, to: &dumped)
        #expect(!dumped.contains("hush") && !"\(String(describing: proxy))".contains("hush"))
    }

    /// Fails only the requests that would go through the proxy.
    @Test(arguments: ["socks5://proxy:1080", "https://user:hush@proxy", "http://", "http:// bad"])
    func rejectsOtherProxies(address: String) async throws {
        let error = try await self.error(proxyAt: address)
        #expect(error?.code == .proxy)
        #expect(error?.message.contains("SOCKS") == true)
        #expect(error?.message.contains("hush") == false)
        try await RawServer.with("HTTP/1.1 204 No Content\r\n\r\n") { server in
            let transport = transport(proxy: address)
            let status = try await transport.exchange(HTTPRequest(.get, server.address)) { head, _ in head.status }
            try await transport.shutdown()
            #expect(status == 204)
        }
    }

    @Test(
        .faults("N44"),
        arguments: ["http://127.0.0.1:65536", "127.0.0.1:70000", "http://proxy:18446744073709551617", "proxy:0"])
    func rejectsPortOutOfRange(address: String) async throws {
        let error = try await self.error(proxyAt: address)
        #expect(error?.code == .proxy)
        #expect(error?.message == "the port of HTTPS_PROXY is out of range")
    }

    @Test(arguments: [
        ("", "oauth2.googleapis.com", true), ("googleapis.com", "oauth2.googleapis.com", false),
        (".googleapis.com", "oauth2.googleapis.com", false), ("googleapis.com", "notgoogleapis.com", true),
        ("a.example, oauth2.googleapis.com", "oauth2.googleapis.com", false), ("*", "oauth2.googleapis.com", false),
        ("", "127.0.0.1", false), ("", "localhost", false),
    ])
    func bypassesProxyForExceptions(exceptions: String, host: String, serves: Bool) throws {
        let proxy = HTTPProxy(environment: ["HTTPS_PROXY": "http://proxy:1", "NO_PROXY": exceptions])
        #expect(proxy?.serves(host) == serves)
    }

    private func transport(proxy: String) -> HTTPSTransport {
        HTTPSTransport(
            userAgent: "t", proxy: HTTPProxy(environment: ["HTTPS_PROXY": proxy]),
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    private func error(proxyAt address: String) async throws -> HTTPError? {
        let transport = transport(proxy: address)
        let error = await #expect(throws: HTTPError.self) {
            try await transport.exchange(HTTPRequest(.get, "https://oauth2.googleapis.com/token")) { _, _ in }
        }
        try await transport.shutdown()
        return error
    }

    @Test(arguments: [
        "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    ])
    func reportsRejectionByProxy(response: String) async throws {
        try await RawServer.with(response) { server in
            let error = try await self.error(proxyAt: server.address)
            #expect(error?.code == .proxy)
            #expect(error?.message.contains(server.address.dropFirst("http://".count)) == true)
            #expect(error?.isTransient == false)
        }
    }

    @Test func reportsUnreachableProxy() async throws {
        let address = "http://127.0.0.1:1"
        #expect(try await error(proxyAt: address)?.code == .proxy)
    }

    @Test func reportsUnconfiguredProxy() async throws {
        try await RawServer.with("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") { server in
            let transport = HTTPSTransport(userAgent: "t", logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            let error = await #expect(throws: HTTPError.self) {
                try await transport.exchange(HTTPRequest(.get, server.address)) { _, _ in }
            }
            try await transport.shutdown()
            #expect(error?.code == .proxy)
        }
    }
}
