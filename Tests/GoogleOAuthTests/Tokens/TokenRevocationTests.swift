import GoogleHTTP
import GoogleOAuth
import TestSupport
import Testing

@Suite struct TokenRevocationTests {
    private func revoke(_ replies: [ScriptedTransport.Reply], tokenURI: String = "http://127.0.0.1:1/token")
        async throws
        -> (Bool, HTTPRequest?)
    {
        let transport = ScriptedTransport(replies)
        let credential = try AuthorizedUserCredential(
            clientID: "a", clientSecret: Secret("fake"), refreshToken: Secret("1//fake"), tokenURI: tokenURI
        )
        return (
            try await credential.revoke(TokenContext(transport: transport, clock: ManualClock())),
            transport.requests.last
        )
    }

    @Test(arguments: [
        ("http://127.0.0.1:1/token", "http://127.0.0.1:1/revoke"),
        ("https://oauth2.googleapis.com/token", "https://oauth2.googleapis.com/revoke"),
        ("https://www.googleapis.com/oauth2/v4/token", "https://oauth2.googleapis.com/revoke"),
        ("https://accounts.google.com/o/oauth2/token", "https://oauth2.googleapis.com/revoke"),
    ])
    func sendsTheTokenInAFormToItsIssuer(tokenURI: String, url: String) async throws {
        let (isRevoked, request) = try await revoke([.answer(200, "{}")], tokenURI: tokenURI)
        #expect(isRevoked)
        #expect(request?.url == url)
        #expect(request?.bodyText == "token=1%2F%2Ffake")
    }

    @Test func anExpiredTokenIsNotAnError() async throws {
        let body = #"{"error":"invalid_token","error_description":"Token expired or revoked"}"#
        #expect(try await revoke([.answer(400, body)]).0 == false)
        let unknown = #"{"error":"invalid_grant","error_description":"Bad Request"}"#
        #expect(try await revoke([.answer(400, unknown)]).0 == false)
    }

    /// The response of a proxy or to a malformed request does not concern the token.
    @Test(arguments: ["", "<html>", #"{"error":"invalid_request"}"#])
    func anyOtherErrorIsThrown(body: String) async throws {
        await #expect(throws: OAuthError.self) { try await revoke([.answer(400, body)]) }
    }

    @Test func retriesAndThenFails() async throws {
        #expect(try await revoke([.answer(503), .answer(200, "{}")]).0)
        let error = await #expect(throws: OAuthError.self) { try await revoke([.answer(404, "<html>")]) }
        #expect(error?.code == .unexpectedAnswer)
    }
}
