import Testing

@testable import GoogleOAuth

/// Error responses that Google's token endpoint was observed to send, and their meanings.
@Suite struct TokenEndpointErrorTests {
    /// Observed and documented responses: status, body, identifier.
    @Test(arguments: [
        (
            400, #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
            "expiredOrRevoked"
        ),
        (400, #"{"error":"invalid_grant","error_description":"Account has been deleted"}"#, "expiredOrRevoked"),
        (400, #"{"error":"invalid_grant"}"#, "expiredOrRevoked"),
        (400, #"{"error":"invalid_token","error_description":"Token expired or revoked"}"#, "expiredOrRevoked"),
        (400, #"{"error":"invalid_grant","error_description":"Bad Request"}"#, "damagedToken"),
        (400, #"{"error":"invalid_grant","error_description":"Malformed auth code."}"#, "damagedToken"),
        (400, #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#, "damagedToken"),
        (
            400,
            #"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_subtype":"invalid_rapt"}"#,
            "sessionControl"
        ),
        (
            400,
            #"{"error":"invalid_grant","error_subtype":"rapt_required","error_description":"reauth related error"}"#,
            "sessionControl"
        ),
        (401, #"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#, "wrongClientID"),
        (
            401, #"{"error":"invalid_client","error_description":"The provided client secret is invalid."}"#,
            "wrongClientSecret"
        ),
        (401, #"{"error":"invalid_client","error_description":"Unauthorized"}"#, "clientRejected"),
        (401, #"{"error":"deleted_client"}"#, "deletedClient"),
        (401, #"{"error":"disabled_client"}"#, "deletedClient"),
        (401, #"{"error":"unauthorized_client","error_description":"Unauthorized"}"#, "foreignToken"),
        (400, #"{"error":"redirect_uri_mismatch","error_description":"Bad Request"}"#, "redirectMismatch"),
        (400, #"{"error":"access_denied"}"#, "accessDenied"),
        (400, #"{"error":"admin_policy_enforced"}"#, "accessDenied"),
        (400, #"{"error":"org_internal"}"#, "accessDenied"),
        (
            400, #"{"error":"invalid_request","error_description":"Could not determine client ID from request."}"#,
            "requestRejected"
        ),
        (400, #"{"error":"unsupported_grant_type"}"#, "requestRejected"),
        (400, #"{"error":"invalid_scope"}"#, "requestRejected"),
        (400, #"{"error":"server_error"}"#, "serviceUnavailable"),
        (400, #"{"error":"temporarily_unavailable"}"#, "serviceUnavailable"),
        (400, #"{"error":"internal_failure"}"#, "serviceUnavailable"),
        (408, "", "serviceUnavailable"),
        (429, "", "serviceUnavailable"),
        (502, "<html></html>", "serviceUnavailable"),
        (500, #"{"error":{"code":500,"message":"Internal"}}"#, "serviceUnavailable"),
        (400, #"{"error":{"foo":"bar"}}"#, "requestRejected"),
        (400, "this is an error message", "requestRejected"),
        (501, "", "unexpectedAnswer"),
        (404, "not found", "unexpectedAnswer"),
    ])
    func theErrorTakesPrecedenceOverTheStatus(status: Int, body: String, identifier: String) {
        let error = OAuthError(status: status, body: Array(body.utf8), host: "oauth2.googleapis.com")
        #expect(error.code.description == identifier)
        #expect(!error.message.contains("\n"))
    }

    /// The same error has another meaning for an authorization code.
    @Test(arguments: [
        #"{"error":"invalid_grant","error_description":"Bad Request"}"#,
        #"{"error":"invalid_grant","error_description":"Malformed auth code."}"#,
        #"{"error":"invalid_grant","error_description":"Invalid code verifier."}"#,
    ])
    func aRejectedCodeIsNotADamagedToken(body: String) {
        let error = OAuthError(status: 400, body: Array(body.utf8), host: "h", exchange: .authorizationCode)
        #expect(error.code == .codeRejected)
    }

    @Test(arguments: [
        (#"{"access_token":"fake","access_token":"fake"}"#, "access_token"),
        (#"{"access_token":"fake","expires_in":1,"expires\u005fin":3599}"#, "expires_in"),
    ])
    func rejectsAnAmbiguousResponse(body: String, member: String) {
        let error = #expect(throws: OAuthError.self) { try TokenResponse(body: Array(body.utf8), host: "h") }
        #expect(error?.code == .unexpectedAnswer)
        #expect(error?.message == "the response of h has the duplicate member \(member)")
    }

    /// The reason is ambiguous, so that the status decides.
    @Test func classifiesAnAmbiguousErrorByStatus() {
        let body = Array(#"{"error":"invalid_client","error":"invalid_grant"}"#.utf8)
        #expect(OAuthError(status: 503, body: body, host: "h").code == .serviceUnavailable)
    }

    /// Observed success responses.
    @Test(
        arguments: [
            (
                #"{"access_token":"fake","expires_in":3599,"refresh_token":"1//fake","scope":"a b","token_type":"Bearer","refresh_token_expires_in":604799}"#,
                3599, ["a", "b"], 604_799
            ),
            (#"{"access_token":"fake","expires_in":3599,"scope":"a","token_type":"Bearer"}"#, 3599, ["a"], nil),
            (#"{"access_token":"fake","expires_in":"500"}"#, 500, nil, nil),
            (#"{"access_token":"fake","refresh_token_expires_in":"1e300"}"#, nil, nil, nil),
            (#"{"access_token":"fake","refresh_token_expires_in":0}"#, nil, nil, nil),
        ] as [(String, Int?, [String]?, Int?)])
    func readsASuccessResponse(body: String, lifetime: Int?, scopes: [String]?, refreshLifetime: Int?) throws {
        let answer = try TokenResponse(body: Array(body.utf8), host: "h")
        #expect(answer.lifetime == lifetime.map { .seconds($0) })
        #expect(answer.scopes == scopes)
        #expect(answer.refreshTokenLifetime == refreshLifetime.map { .seconds($0) })
    }
}
