import Foundation
import GoogleHTTP
import Logging
import NIOSSL
import TestSupport
import Testing
import TextSupport

@Suite struct TLSTests {
    private static let response = "HTTP/1.1 204 No Content\r\n\r\n"

    /// The result of a client that trusts `authority`, and the text that the server received.
    private func exchange(
        _ context: NIOSSLContext, of authority: TestAuthority, host: String = "127.0.0.1", response: String = response
    ) async throws -> (result: Result<Int, any Error>, received: String) {
        try await TemporaryFolder.with { folder in
            try Data(authority.pem.utf8).write(to: URL(filePath: folder.file("ca.pem")))
            let transport = HTTPSTransport(
                userAgent: "t", authorities: try TrustedAuthorities(contentsOfFile: folder.file("ca.pem")),
                logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            return try await RawServer.with(response, tls: context, host: host) { server in
                let request = HTTPRequest(.get, server.address, authorization: Secret("not-a-real-token"))
                let result: Result<Int, any Error>
                do {
                    result = .success(try await transport.exchange(request) { head, _ in head.status })
                } catch {
                    result = .failure(error)
                }
                try await transport.shutdown()
                return (result, server.receivedText)
            }
        }
    }

    private func expectRejection(
        _ result: Result<Int, any Error>, mentioning text: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: HTTPError.self, sourceLocation: location) { try result.get() }
        #expect(error?.code == .untrustedServer, "\(error?.description ?? "")", sourceLocation: location)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: location)
        guard case .tls? = error?.detail else {
            Issue.record("the error has no TLS failure", sourceLocation: location)
            return
        }
        #expect(error?.isTransient == false, sourceLocation: location)
    }

    @Test(
        .faults("N45"),
        arguments: [(TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true)])
    func rejectsVersionsBefore12(latest: TLSVersion, isAccepted: Bool) async throws {
        let authority = try TestAuthority()
        let context = try authority.serverContext { $0.maximumTLSVersion = latest }
        let (result, received) = try await exchange(context, of: authority)
        guard !isAccepted else {
            #expect(try result.get() == 204)
            return
        }
        expectRejection(result, mentioning: "TLS 1.2")
        #expect(received == "")
    }

    @Test(
        .faults("N46"),
        arguments: [
            ("localhost", true), ("LocalHost", true), ("*", false), ("*.", false), ("local*", false), ("l*t", false),
        ])
    func rejectsWildcardForHostOfOneLabel(name: String, isAccepted: Bool) async throws {
        let authority = try TestAuthority()
        let (result, received) = try await exchange(
            authority.serverContext(address: nil, name: name), of: authority, host: "localhost")
        guard !isAccepted else {
            #expect(try result.get() == 204)
            return
        }
        expectRejection(result, mentioning: "wildcard")
        #expect(received == "")
    }

    /// In TLS 1.3 the server reports this after the handshake.
    @Test(.faults("N47"), arguments: [TLSVersion.tlsv12, .tlsv13])
    func reportsRequiredClientCertificate(version: TLSVersion) async throws {
        let authority = try TestAuthority()
        let roots = try NIOSSLCertificate.fromPEMBytes(Array(authority.pem.utf8))
        let context = try authority.serverContext {
            $0.maximumTLSVersion = version
            $0.trustRoots = .certificates(roots)
            $0.certificateVerification = .noHostnameVerification
        }
        let (result, received) = try await exchange(context, of: authority)
        expectRejection(result, mentioning: "client certificate")
        #expect(received == "")
    }

    @Test func acceptsOptionalClientCertificate() async throws {
        let authority = try TestAuthority()
        let roots = try NIOSSLCertificate.fromPEMBytes(Array(authority.pem.utf8))
        let context = try authority.serverContext {
            $0.trustRoots = .certificates(roots)
            $0.certificateVerification = .optionalVerification
        }
        #expect(try await exchange(context, of: authority).result.get() == 204)
    }

    /// Alerts instead of a server hello, by their numbers in RFC 8446, 6.
    @Test(arguments: [
        (UInt8(0), HTTPError.Code.connectionFailed), (20, .connectionFailed), (40, .untrustedServer),
        (42, .untrustedServer),
        (70, .untrustedServer), (71, .untrustedServer), (80, .connectionFailed), (116, .untrustedServer),
    ])
    func classifiesAlerts(number: UInt8, code: HTTPError.Code) async throws {
        let alert = String(decoding: [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, number], as: UTF8.self)
        let transport = HTTPSTransport(userAgent: "t", logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        try await RawServer.with(alert) { server in
            let address = server.address.replacing("http://", with: "https://")
            let error = await #expect(throws: HTTPError.self) {
                try await transport.exchange(HTTPRequest(.get, address)) { _, _ in }
            }
            #expect(error?.code == code, "\(error?.description ?? "")")
        }
        try await transport.shutdown()
    }
}
