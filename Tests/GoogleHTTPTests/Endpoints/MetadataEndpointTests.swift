import Testing

@testable import GoogleHTTP

/// Plain http is allowed to this machine, and to metadata servers only where one is expected.
@Suite struct MetadataEndpointTests {
    @Test(arguments: [
        ("http://metadata.google.internal", true), ("http://169.254.169.254", true), ("169.254.169.254:80", true),
        ("http://[fd00:ec2::254]/latest", true), ("http://[fd20:ce::254]", true), ("http://127.0.0.1:8080", true),
        ("https://example.com", true), ("http://example.com", false), ("http://10.0.0.1", false),
        ("http://169.253.169.254", false), ("http://169.254.169.254.example.com", false),
        ("http://metadata.google.internal.example.com", false), ("http://169.254.1", false),
    ])
    func allowsPlainHTTPToLinkLocalAddresses(address: String, isAllowed: Bool) {
        #expect(((try? HTTPEndpoint(metadataServer: address)) != nil) == isAllowed)
    }

    @Test(arguments: ["http://metadata.google.internal", "http://169.254.169.254"])
    func rejectsMetadataServersAsEndpoints(address: String) {
        let error = #expect(throws: HTTPError.self) { try HTTPEndpoint(address) }
        #expect(error?.code == .insecureEndpoint)
    }

    @Test func bypassesProxy() throws {
        let proxy = try #require(HTTPProxy(environment: ["HTTPS_PROXY": "http://proxy:3128"]))
        #expect(!proxy.serves("metadata.google.internal"))
        #expect(!proxy.serves("169.254.169.254"))
        #expect(proxy.serves("iamcredentials.googleapis.com"))
    }
}
