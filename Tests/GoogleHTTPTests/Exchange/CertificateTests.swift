import GoogleHTTP
import Logging
import TestSupport
import Testing

@Suite struct CertificateTests {
    /// A certificate that is not valid now means a wrong clock; a valid one of an unknown CA, interception.
    @Test(arguments: [
        (2020..<2120, HTTPError.Code.untrustedServer, "is not trusted"),
        (2001..<2002, .wrongClock, "valid from 2001-01-01 to 2002-01-01"),
        (2110..<2120, .wrongClock, "valid from 2110-01-01 to 2120-01-01"),
    ])
    func distinguishesWrongClockFromUnknownCA(years: Range<Int>, code: HTTPError.Code, mention: String) async throws {
        try await TLSServer.with(validYears: years) { server in
            let transport = HTTPSTransport(userAgent: "t", logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            let error = await #expect(throws: HTTPError.self) {
                try await transport.exchange(HTTPRequest(.get, server.address)) { _, _ in }
            }
            try await transport.shutdown()
            #expect(error?.code == code)
            #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
            #expect(error?.isTransient == false)
        }
    }
}
