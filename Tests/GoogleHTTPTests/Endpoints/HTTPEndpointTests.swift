import GoogleHTTP
import TestSupport
import Testing

@Suite struct HTTPEndpointTests {
    @Test(arguments: [
        ("https://bigquery.googleapis.com", "https://bigquery.googleapis.com", false),
        ("https://example.com:8443/root/", "https://example.com:8443/root", false),
        ("http://127.0.0.1:9050", "http://127.0.0.1:9050", true),
        ("http://127.8.9.10:1/", "http://127.8.9.10:1", true),
        ("http://localhost:9050/", "http://localhost:9050", true),
        ("localhost:9050", "http://localhost:9050", true),
        ("127.0.0.1:9050", "http://127.0.0.1:9050", true),
        ("http://[::1]:9050", "http://[::1]:9050", true),
        ("HTTPS://Example.COM", "https://Example.COM", false),
    ])
    func parsesServiceURLs(text: String, root: String, isLoopback: Bool) throws {
        let endpoint = try HTTPEndpoint(text)
        #expect(endpoint.description == root)
        #expect(endpoint.isLoopback == isLoopback)
    }

    @Test(arguments: [
        ("http://example.com", HTTPError.Code.insecureEndpoint),
        ("example.com:9050", .insecureEndpoint),
        ("http://127.0.0.1.example.com", .insecureEndpoint),
        ("http://127.0.0", .insecureEndpoint),
        ("http://0x7f.0.0.1", .insecureEndpoint),
        ("http://localhost.example.com", .insecureEndpoint),
        ("ftp://127.0.0.1", .invalidEndpoint),
        ("http://user:pass@127.0.0.1", .invalidEndpoint),
        ("https://127.0.0.1?x=1", .invalidEndpoint),
        ("https://127.0.0.1#x", .invalidEndpoint),
        ("", .invalidEndpoint),
        ("https://", .invalidEndpoint),
        ("https://a%20b", .invalidEndpoint),
        ("HTTPS://x%2fy", .invalidEndpoint),
        ("https://accounts%2egoogle.com", .invalidEndpoint),
        ("https://bücher.example", .invalidEndpoint),
        ("not a url", .invalidEndpoint),
    ])
    func rejectsUnsafeURLs(text: String, code: HTTPError.Code) {
        let error = #expect(throws: HTTPError.self) { try HTTPEndpoint(text) }
        #expect(error?.code == code)
    }

    @Test(
        .faults("N44"),
        arguments: [
            "http://127.0.0.1:65536", "localhost:70000", "https://[::1]:99999/x", "https://example.com:0",
            "127.0.0.1:18446744073709551617", "https://example.com:18446744073709551617",
        ])
    func rejectsPortOutOfRange(text: String) {
        let error = #expect(throws: HTTPError.self) { try HTTPEndpoint(text) }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message == "the port of \(text) is out of range")
    }

    @Test(arguments: ["https://example.com:65535", "http://127.0.0.1:1"])
    func acceptsPortsInRange(text: String) throws {
        #expect(try HTTPEndpoint(text).description == text)
    }

    @Test func encodesPathAndQuery() throws {
        let endpoint = try HTTPEndpoint("https://example.com")
        let url = endpoint.url(
            path: ["a/../b", "c?d#e%2f", "ü"], query: ["token": "BF==&x=+ y", "left": nil, "location": "US"]
        )
        #expect(
            url
                == "https://example.com/a%2F..%2Fb/c%3Fd%23e%252f/%C3%BC?token=BF%3D%3D%26x%3D%2B%20y&location=US"
        )
    }
}
