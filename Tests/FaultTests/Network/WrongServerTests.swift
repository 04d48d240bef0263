import BigQueryEmulator
import BigQueryPull
import Foundation
import GoogleHTTP
import NIOSSL
import TestSupport
import Testing

/// Servers other than the intended one: redirects, untrusted certificates, proxies.
@Suite struct WrongServerTests {
    private static let page = "bigquery.jobs.getQueryResults"

    /// No redirect is followed, and no other server receives the token.
    @Test(
        .faults("N29"), arguments: [300, 301, 302, 303, 307, 308],
        ["oauth2.token", "bigquery.jobs.dryRun", "bigquery.jobs.insert", "bigquery.jobs.getQueryResults"])
    func redirectsAreNotFollowed(status: Int, method: String) async throws {
        try await RawServer.with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") { foreign in
            let places = [foreign.address + "/elsewhere", "https://bigquery.example.com/", "/same/host"]
            for place in Sweep.whole(places, orPart: [places[status % 3], places[0]]) {
                try await FaultyPull.with { pull in
                    if method == "oauth2.token" { try await pull.forgetToken() }
                    let outcome = try await pull.expectStop(
                        [method: ["redirect-\(status)-to-\(place)"]], exitCode: 76)
                    #expect(outcome.message.contains(place))
                    #expect(pull.waits.isEmpty)
                }
            }
            #expect(foreign.receivedText == "")
        }
    }

    /// A server with an invalid certificate receives no request.
    @Test(.faults("N26"), arguments: ["unknown authority", "self-signed", "expired", "not yet valid", "wrong host"])
    func rejectsAnUntrustedServer(flaw: String) async throws {
        let authority = try TestAuthority()
        let context =
            switch flaw {
            case "self-signed": try authority.serverContext(isSelfSigned: true)
            case "expired": try authority.serverContext(validYears: 2020..<2021)
            case "not yet valid": try authority.serverContext(validYears: 2080..<2090)
            case "wrong host": try authority.serverContext(address: nil)
            default: try authority.serverContext()
            }
        // Trusting the authority does not relax the other checks.
        let trusted = ["expired", "not yet valid", "wrong host"].contains(flaw) ? authority : nil
        try await FaultyPull.with(tls: context, trusting: trusted, publishesEarlier: false) { pull in
            let before = pull.emulator.counters.requests
            let outcome = await pull.run()
            #expect([76, 78].contains(outcome.exitCode) && (outcome.exitCode == 78) == flaw.contains(/expired|valid/))
            pull.expectReadable(outcome)
            #expect(pull.waits.isEmpty)
            #expect(pull.emulator.counters.requests == before)
            #expect(pull.emulator.counters.tokenRequests == 0)
        }
    }

    /// An unsupported TLS requirement of the server is not retried.
    @Test(.faults("N45", "N47"), arguments: ["TLS 1.1", "client certificate, TLS 1.2", "client certificate, TLS 1.3"])
    func aTLSMismatchIsNotRetried(requirement: String) async throws {
        let authority = try TestAuthority()
        let roots = try NIOSSLCertificate.fromPEMBytes(Array(authority.pem.utf8))
        let context = try authority.serverContext {
            $0.maximumTLSVersion = requirement.hasSuffix("1.1") ? .tlsv11 : requirement.hasSuffix("1.2") ? .tlsv12 : nil
            guard requirement.hasPrefix("client") else { return }
            $0.trustRoots = .certificates(roots)
            $0.certificateVerification = .noHostnameVerification
        }
        try await FaultyPull.with(tls: context, trusting: authority, publishesEarlier: false) { pull in
            let outcome = await pull.run()
            #expect(outcome.exitCode == 76, "\(outcome.message)")
            #expect(outcome.message.contains(requirement.hasPrefix("client") ? "client certificate" : "TLS 1.2"))
            pull.expectReadable(outcome)
            #expect(pull.waits.isEmpty)
            #expect(pull.emulator.counters.tokenRequests == 0)
        }
    }

    @Test(.faults("N26", "N27")) func trustsAConfiguredAuthority() async throws {
        let authority = try TestAuthority()
        try await FaultyPull.with(tls: authority.serverContext(), trusting: authority) { pull in
            try await pull.expectSurvival([Self.page: ["pass", "return-503"]])
        }
        // Interrupted handshakes, and bytes within a page that are not TLS.
        try await FaultyPull.with(tls: authority.serverContext(), trusting: authority) { pull in
            try await pull.expectSurvival([
                "connection": ["return-reset-connection", "return-broken-stream"],
                Self.page: ["tls-garbage-after-1K", "tls-garbage-after-0B", "return-reset-connection-after-1K"],
            ])
        }
    }

    /// Plain http to another machine is rejected before anything is sent.
    @Test(
        .faults("N28"), arguments: ["http://bigquery.googleapis.com", "http://192.0.2.1:9050", "http://[2001:db8::1]"])
    func rejectsPlainHTTPToOtherMachines(address: String) {
        let error = #expect(throws: HTTPError.self) { try HTTPEndpoint(address) }
        #expect(error?.code == .insecureEndpoint)
    }

    @Test(
        .faults("N40"),
        arguments: [
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        ])
    func aProxyThatDoesNotConnectEndsThePull(answer: String) async throws {
        try await RawServer.with(answer) { proxy in
            try await FaultyPull.with(proxy: proxy.address) { pull in
                let outcome = await pull.run(try pull.pull(atEndpoint: "https://bigquery.example.com"))
                #expect(outcome.exitCode == 78, "\(outcome.message)")
                pull.expectReadable(outcome)
                #expect(pull.waits.isEmpty)
                try await pull.expectSound(.earlier)
            }
            // The proxy receives the host only.
            #expect(proxy.receivedText.hasPrefix("CONNECT bigquery.example.com:443 "))
            #expect(!proxy.receivedText.lowercased().contains("bearer"))
        }
    }
}
