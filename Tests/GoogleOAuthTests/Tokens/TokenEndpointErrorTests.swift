@testable import GoogleOAuth
import Testing

/// The refusals that Google's token endpoint was seen to answer with, and what each means.
@Suite struct TokenEndpointErrorTests {
    @Test(arguments: [
        (
            400, #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
            OAuthError.Code.refreshTokenRejected
        ),
        (400, #"{"error":"invalid_grant","error_description":"Bad Request"}"#, .refreshTokenRejected),
        (400, #"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#, .sessionControl),
        (400, #"{"error":"invalid_grant","error_subtype":"rapt_required"}"#, .sessionControl),
        (401, #"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#, .clientRejected),
        (
            401, #"{"error":"invalid_client","error_description":"The provided client secret is invalid."}"#,
            .clientRejected
        ),
        (401, #"{"error":"deleted_client"}"#, .clientRejected),
        (401, #"{"error":"disabled_client"}"#, .clientRejected),
        (401, #"{"error":"unauthorized_client"}"#, .clientRejected),
        (400, #"{"error":"access_denied"}"#, .accessDenied),
        (400, #"{"error":"admin_policy_enforced"}"#, .accessDenied),
        (400, #"{"error":"org_internal"}"#, .accessDenied),
        (400, #"{"error":"invalid_request"}"#, .requestRejected),
        (400, #"{"error":"unsupported_grant_type"}"#, .requestRejected),
        (400, #"{"error":"invalid_scope"}"#, .requestRejected),
        (400, #"{"error":"server_error"}"#, .serviceUnavailable),
        (400, #"{"error":"internal_failure"}"#, .serviceUnavailable),
        (429, "", .serviceUnavailable),
        (502, "<html></html>", .serviceUnavailable),
        (500, #"{"error":{"code":500,"message":"Internal"}}"#, .serviceUnavailable),
        (400, #"{"error":{"code":400}}"#, .requestRejected),
        (501, "", .unexpectedAnswer),
        (404, "not found", .unexpectedAnswer),
    ])
    func theErrorDecidesBeforeTheStatus(status: Int, body: String, code: OAuthError.Code) {
        let error = OAuthError(status: status, body: Array(body.utf8), host: "oauth2.googleapis.com")
        #expect(error.code == code)
        #expect(error.hint != nil)
        #expect(!error.message.contains("\n"))
    }
}
