import GoogleHTTP
import Testing

@testable import BQPullCommands

@Suite struct HTTPErrorHintTests {
    @Test(
        arguments: [
            (.invalidHeader, "control characters"), (.invalidPort, "1 to 65535"),
            (.invalidProxyURL(variable: "ALL_PROXY"), "unset ALL_PROXY"),
            (.proxyAuthenticationRequired, "USER:PASSWORD@"), (.tls(.certificate, host: "h.test"), "CA of h.test"),
            (.tls(.wildcard, host: "h.test"), "the name h.test"),
            (.tls(.clientCertificate, host: "h.test"), "requires no client certificate"),
            (.tls(.rejected, host: "h.test"), "requires no client certificate"),
            (.tls(.version, host: "h.test"), "TLS 1.2"),
        ] as [(HTTPError.Detail, String)])
    func translatesDetails(detail: HTTPError.Detail, hint: String) {
        let error = HTTPError(code: .untrustedServer, message: "it failed", detail: detail)
        #expect(error.suggestion?.contains(hint) == true, "\(error.suggestion ?? "")")
    }

    @Test(arguments: HTTPError.Code.all)
    func hasAHintForEveryCode(code: HTTPError.Code) {
        #expect(HTTPError(code: code, message: "it failed").suggestion != nil)
    }

    @Test func explainsUnreadableCertificates() {
        let error = #expect(throws: HTTPError.self) { try TrustedAuthorities(contentsOfFile: "/nonexistent/ca.pem") }
        #expect(error?.suggestion == "check the path and its permissions")
    }
}
