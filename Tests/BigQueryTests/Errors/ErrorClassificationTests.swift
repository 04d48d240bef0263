import GoogleHTTP
import TestSupport
import Testing

@testable import BigQuery

@Suite struct ErrorClassificationTests {
    @Test(
        arguments: [
            ("backendError", 503, BigQueryError.Code.unavailable),
            ("internalError", 500, .unavailable),
            ("badGateway", 502, .unavailable),
            ("tableUnavailable", 400, .unavailable),
            ("rateLimitExceeded", 403, .rateLimited),
            ("rateLimitExceeded", 429, .rateLimited),
            ("jobBackendError", 400, .jobFailedTemporarily),
            ("jobInternalError", 400, .jobFailedTemporarily),
            ("jobRateLimitExceeded", 400, .jobFailedTemporarily),
            ("quotaExceeded", 403, .quotaExceeded),
            ("authError", 401, .unauthenticated),
            ("required", 401, .unauthenticated),
            ("required", 400, .queryFailed),
            ("accessDenied", 403, .permissionDenied),
            ("billingNotEnabled", 403, .billingDisabled),
            ("accountDisabled", 403, .billingDisabled),
            ("accessNotConfigured", 403, .apiDisabled),
            ("SERVICE_DISABLED", 403, .apiDisabled),
            ("insufficientPermissions", 403, .missingScope),
            ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", 403, .missingScope),
            ("blocked", 403, .permissionDenied),
            ("notFound", 404, .notFound),
            ("duplicate", 409, .duplicateJob),
            ("invalidQuery", 400, .queryFailed),
            ("responseTooLarge", 403, .queryFailed),
            ("bytesBilledLimitExceeded", 500, .queryFailed),
            ("stopped", 499, .queryFailed),
            ("timeout", 400, .queryFailed),
            ("neverHeardOf", 503, .unavailable),
            ("neverHeardOf", 400, .queryFailed),
            (nil, 400, .queryFailed),
            (nil, 401, .unauthenticated),
            (nil, 403, .permissionDenied),
            (nil, 404, .notFound),
            (nil, 408, .unavailable),
            (nil, 409, .duplicateJob),
            (nil, 412, .queryFailed),
            (nil, 429, .rateLimited),
            (nil, 500, .unavailable),
            (nil, 501, .unexpectedAnswer),
            (nil, 502, .unavailable),
            (nil, 503, .unavailable),
            (nil, 504, .unavailable),
            (nil, 505, .unexpectedAnswer),
            (nil, 511, .unexpectedAnswer),
        ] as [(String?, Int, BigQueryError.Code)])
    func classifiesByReasonThenByStatus(reason: String?, status: Int, code: BigQueryError.Code) {
        #expect(BigQueryError.Code(reason: reason, status: status) == code)
    }

    @Test(arguments: [
        (
            #"{"error":{"code":404,"message":"Not found: Table x","errors":[{"reason":"notFound"}]}}"#, 404,
            "Not found: Table x"
        ),
        (#"{"error":{"code":400,"message":"odd","errors":[]}}"#, 412, "odd"),
        (#"{"error":{"code":400,"message":"odd"}}"#, 400, "odd"),
        (#"{"error":{"errors":[{"message":"inner","reason":"invalid"}]}}"#, 400, "inner"),
        (
            #"{"error":"invalid_token","error_description":"x"}"#, 401,
            #"HTTP 401: {"error":"invalid_token","error_description":"x"}"#
        ),
        ("<html>\n<b>Bad Gateway</b></html>", 502, "HTTP 502: <html> <b>Bad Gateway</b></html>"),
        ("", 503, "HTTP 503"),
    ])
    func readsAnyBody(body: String, status: Int, message: String) async throws {
        var stream = HTTPBody(chunks: [Array(body.utf8)])
        let error = try await BigQueryError.read(HTTPResponseHead(status: status), &stream)
        #expect(error.message == message)
        #expect(error.status == status)
    }

    /// Observed responses that reason and status do not classify: status, body, code.
    @Test(arguments: [
        (
            403,
            #"{"error":{"code":403,"message":"Request had insufficient authentication scopes.","errors":[{"message":"Request had insufficient authentication scopes.","domain":"global","reason":"forbidden"}],"status":"PERMISSION_DENIED"}}"#,
            BigQueryError.Code.missingScope
        ),
        (
            403,
            #"{"error":{"errors":[{"domain":"global","reason":"insufficientPermissions","message":"Insufficient Permission"}],"code":403,"message":"Insufficient Permission"}}"#,
            .missingScope
        ),
        (
            403,
            #"{"error":{"code":403,"message":"BigQuery API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.Help"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com"}]}}"#,
            .apiDisabled
        ),
        (
            400,
            #"{"error":{"code":400,"message":"The project p has not enabled BigQuery.","errors":[{"reason":"invalid"}]}}"#,
            .apiDisabled
        ),
        (
            403,
            #"{"error":{"code":403,"message":"The project to be billed is associated with an absent billing account.","errors":[{"reason":"accountDisabled"}]}}"#,
            .billingDisabled
        ),
        (
            403,
            #"{"error":{"code":403,"message":"The billing account for the owning project is disabled in state absent","errors":[{"reason":"accessDenied"}]}}"#,
            .billingDisabled
        ),
        (
            403,
            #"{"error":{"code":403,"message":"Project p (#1) has billing disabled. Please enable it.","errors":[{"reason":"forbidden"}]}}"#,
            .billingDisabled
        ),
        (
            404,
            #"{"error":{"code":404,"message":"Not found: Project no-such-project","errors":[{"reason":"notFound"}]}}"#,
            .projectNotFound
        ),
        (
            404, #"{"error":{"code":404,"message":"Not found: Table project:d.t","errors":[{"reason":"notFound"}]}}"#,
            .notFound
        ),
        (
            403,
            #"{"error":{"code":403,"message":"Access Denied: Project p: User does not have bigquery.jobs.create permission in project p.","errors":[{"reason":"accessDenied"}]}}"#,
            .permissionDenied
        ),
        (404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", .unexpectedAnswer),
        (400, "no JSON at all", .unexpectedAnswer), (503, "<html>", .unavailable), (403, "<html>", .permissionDenied),
    ])
    func classifiesByMessage(status: Int, body: String, code: BigQueryError.Code) async throws {
        var stream = HTTPBody(chunks: [Array(body.utf8)])
        let error = try await BigQueryError.read(HTTPResponseHead(status: status), &stream)
        #expect(error.code == code)
        #expect(!error.isTransient || status == 503)
    }

    @Test func escapesUntrustedText() async throws {
        var stream = HTTPBody(chunks: [Array(#"{"error":{"message":"a\n\u001b[31mred\u202e"}}"#.utf8)])
        let error = try await BigQueryError.read(HTTPResponseHead(status: 400), &stream)
        #expect(error.message == #"a \u{1b}[31mred\u{202e}"#)
    }

    @Test(
        arguments: [
            ("Already Exists: Job demo:US.job_1", "US"),
            ("Already Exists: Job demo:europe-west3.bqpull_0a-b", "europe-west3"),
            ("Already Exists: Job example.com:demo:EU.job", "EU"),
            ("Already Exists: Table demo:d.t", nil),
            ("something else", nil),
        ] as [(String, String?)])
    func readsLocationOfDuplicate(message: String, location: String?) {
        #expect(BigQueryClient.location(inDuplicate: message) == location)
    }
}
