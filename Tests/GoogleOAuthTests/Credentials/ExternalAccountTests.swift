import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct ExternalAccountTests {
    private static let pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"
    private static let federated = ScriptedTransport.Reply.answer(
        200,
        #"{"access_token":"fake-federated","issued_token_type":"x","token_type":"Bearer","expires_in":3599}"#)

    private func credential(_ source: [String: Any], _ changes: [String: Any] = [:]) throws -> GoogleCredential {
        let members: [String: Any] = [
            "type": "external_account", "audience": Self.pool,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "http://127.0.0.1:1/v1/token", "credential_source": source,
        ]
        let json = try JSONSerialization.data(withJSONObject: members.merging(changes) { $1 })
        return try GoogleCredential(json: Array(json), path: "file.json")
    }

    private func form(_ request: HTTPRequest?) -> [String: String] {
        let pairs = (request?.bodyText ?? "").split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(pairs.map { (String($0[0]), $0.dropFirst().first?.removingPercentEncoding ?? "") }) { $1 }
    }

    @Test func exchangesTheTokenInAFile() async throws {
        try await TemporaryFolder.with { folder in
            try Data("fake-subject\n".utf8).write(to: URL(fileURLWithPath: folder.file("token")))
            let transport = ScriptedTransport([Self.federated])
            let tokens = try credential(["file": folder.file("token")]).tokenProvider(
                TokenContext(transport: transport))
            #expect(try await tokens.accessToken().value.reveal() == "fake-federated")
            #expect(
                form(transport.requests.first) == [
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": Self.pool,
                    "scope": "https://www.googleapis.com/auth/bigquery",
                    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "subject_token": "fake-subject", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                    "options": "{}",
                ])
            #expect(transport.requests.first?.authorization == nil)
        }
    }

    @Test(
        arguments: [
            (#"{"token":" fake-subject\n","other":{"token":1}}"#, nil),
            (#"{"token":7}"#, "contains no token in the member token"),
            (#"{"token":null}"#, "contains no token"), ("[]", "not JSON"), ("", "not JSON"),
            (#"{"token":"hush","token":"hush"}"#, "duplicate member token"),
            (#"{"token":"hush","x":{"y":1,"y":2}}"#, "duplicate member y"),
        ] as [(String, String?)])
    func extractsTheNamedMember(json: String, mention: String?) throws {
        let format = SubjectTokenFormat.json(member: "token")
        guard let mention else {
            #expect(try format.token(in: Array(json.utf8), of: "place").reveal() == "fake-subject")
            return
        }
        let error = #expect(throws: OAuthError.self) { try format.token(in: Array(json.utf8), of: "place") }
        #expect(error?.code == .credentialsInvalid)
        #expect(
            error?.message.hasPrefix("place") == true && error?.message.contains(mention) == true,
            "\(error?.message ?? "")")
    }

    /// The users of a workforce pool are attributed to a project, or identified by a client.
    @Test(arguments: [false, true]) func sendsTheBillingProjectOfAUser(hasClient: Bool) async throws {
        try await TemporaryFolder.with { folder in
            try Data("fake-subject".utf8).write(to: URL(fileURLWithPath: folder.file("token")))
            let transport = ScriptedTransport([Self.federated])
            let client = hasClient ? ["client_id": "fake-client", "client_secret": "fake-secret"] : [:]
            let tokens = try credential(
                ["file": folder.file("token")], client.merging(["workforce_pool_user_project": "fake-payer"]) { $1 }
            ).tokenProvider(TokenContext(transport: transport))
            _ = try await tokens.accessToken()
            let request = try #require(transport.requests.first)
            #expect(form(request)["options"] == (hasClient ? "{}" : #"{"userProject":"fake-payer"}"#))
            let basic = "Basic " + Data("fake-client:fake-secret".utf8).base64EncodedString()
            #expect(request.authorization?.reveal() == (hasClient ? basic : nil))
        }
    }

    /// Each time with a new token of the pool, whose scope must exceed BigQuery's.
    @Test func impersonatesAServiceAccount() async throws {
        try await TemporaryFolder.with { folder in
            try Data("fake-subject".utf8).write(to: URL(fileURLWithPath: folder.file("token")))
            let transport = ScriptedTransport([
                Self.federated,
                .answer(
                    200, #"{"accessToken":"fake-account","expireTime":"2026-11-25T12:10:00Z"}"#,
                    headers: [("Date", "Wed, 25 Nov 2026 12:00:00 GMT")]),
            ])
            let account = "http://127.0.0.1:1/v1/projects/-/serviceAccounts/sync@p:generateAccessToken"
            let tokens = try credential(
                ["file": folder.file("token")],
                [
                    "service_account_impersonation_url": account,
                    "service_account_impersonation": ["token_lifetime_seconds": 600],
                ]
            ).tokenProvider(TokenContext(transport: transport))
            #expect(try await tokens.accessToken().value.reveal() == "fake-account")
            #expect(await tokens.latestResponse?.lifetime == .seconds(600))
            #expect(form(transport.requests.first)["scope"] == "https://www.googleapis.com/auth/cloud-platform")
            let request = try #require(transport.requests.last)
            #expect(request.url == account)
            #expect(request.authorization?.reveal() == "Bearer fake-federated")
            let body = try JSONSerialization.jsonObject(with: Data(request.body ?? [])) as? [String: Any]
            #expect(body?["lifetime"] as? String == "600s")
            #expect(body?["scope"] as? [String] == ["https://www.googleapis.com/auth/bigquery"])
        }
    }

    @Test(
        arguments: [
            (
                400, #"{"error":"invalid_target","error_description":"The pool is deleted."}"#,
                OAuthError.Code.identityRejected
            ),
            (400, #"{"error":"invalid_grant","error_description":"stale to sign-in"}"#, .identityRejected),
            (401, #"{"error":"invalid_client"}"#, .clientRejected),
            (400, #"{"error":"unsupported_grant_type"}"#, .requestRejected), (503, "", .serviceUnavailable),
            (200, "{}", .unexpectedAnswer),
        ] as [(Int, String, OAuthError.Code)])
    func classifiesErrorResponses(status: Int, body: String, code: OAuthError.Code) async throws {
        try await TemporaryFolder.with { folder in
            try Data("fake-subject".utf8).write(to: URL(fileURLWithPath: folder.file("token")))
            let tokens = try credential(["file": folder.file("token")]).tokenProvider(
                TokenContext(transport: ScriptedTransport { _ in .answer(status, body) }, clock: ManualClock()))
            let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
            #expect(error?.code == code)
            #expect(error?.message.contains("fake-subject") == false)
        }
    }

    /// GetCallerIdentity with the key, time, region and service of the AWS example.
    @Test func matchesTheAWSExampleSignature() throws {
        let keys = AWSSignature.Keys(id: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        let date = try Date("2015-08-30T12:36:00Z", strategy: .iso8601)
        let headers = try AWSSignature(keys: keys, region: "us-east-1", service: "service").headers(
            of: "GET", "https://example.amazonaws.com/", at: date)
        #expect(headers.map(\.name) == ["host", "x-amz-date", "Authorization"])
        #expect(
            headers.last?.value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
    }

    /// The token of a metadata session is sent in a header.
    @Test func rejectsASessionTokenThatCannotBeSent() async throws {
        let tokens = try credential([
            "environment_id": "aws1", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com",
            "region_url": "http://127.0.0.1:1/region", "imdsv2_session_token_url": "http://127.0.0.1:1/session",
        ]).tokenProvider(TokenContext(transport: ScriptedTransport([.answer(200, "fake\r\nsession")])))
        let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
        #expect(error?.code == .identityRejected)
        #expect(error?.message.contains("127.0.0.1") == true && error?.message.contains("fake") == false)
    }

    private func executable(_ script: String, in folder: TemporaryFolder, output: String? = nil) throws
        -> GoogleCredential
    {
        let path = folder.file("who")
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        var source: [String: Any] = ["command": "\(path) --flag"]
        source["output_file"] = output
        return try credential(["executable": source])
    }

    private static let allowed = ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1", "PATH": "/usr/bin:/bin"]

    @Test(arguments: [nil, "0", "true"]) func runsACommandOnlyIfAllowed(allowed: String?) async throws {
        try await TemporaryFolder.with { folder in
            let credential = try executable("touch \(folder.file("was-run"))", in: folder)
            var environment = ["PATH": "/usr/bin:/bin"]
            environment["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = allowed
            let tokens = credential.tokenProvider(
                TokenContext(transport: ScriptedTransport([]), environment: environment))
            let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
            #expect(error?.detail == .executableNotAllowed("\(folder.file("who")) --flag"))
            #expect(!FileManager.default.fileExists(atPath: folder.file("was-run")))
        }
    }

    @Test(
        arguments: [
            (
                #"{"version":1,"success":true,"token_type":"TYPE:jwt","id_token":"fake-$GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE"}"#,
                "fake-0"
            ),
            (
                #"{"version":1,"success":true,"token_type":"TYPE:saml2","saml_response":"fake-saml","expiration_time":9e9}"#,
                "fake-saml"
            ),
        ])
    func readsTheOutputOfACommand(answer: String, token: String) async throws {
        try await TemporaryFolder.with { folder in
            let json = answer.replacing("TYPE", with: "urn:ietf:params:oauth:token-type")
            let transport = ScriptedTransport([Self.federated])
            let tokens = try executable("cat <<EOF\n\(json)\nEOF", in: folder).tokenProvider(
                TokenContext(transport: transport, environment: Self.allowed))
            _ = try await tokens.accessToken()
            #expect(form(transport.requests.first)["subject_token"] == token)
        }
    }

    @Test(arguments: [
        (#"{"version":1,"success":false,"code":"401","message":"log in first"}"#, "401: log in first"),
        (#"{"version":2,"success":true}"#, "version 2"), (#"{"success":true}"#, "version and success"),
        (#"{"version":1,"success":true,"token_type":"hush"}"#, "type hush"), ("", "version and success"),
        (#"{"version":1,"success":true,"token_type":"TYPE:jwt"}"#, "no token"),
        (#"{"version":1,"success":true,"token_type":"TYPE:jwt","id_token":"a","expiration_time":1}"#, "expired token"),
    ])
    func reportsFailuresOfACommand(answer: String, mention: String) async throws {
        try await TemporaryFolder.with { folder in
            let json = answer.replacing("TYPE", with: "urn:ietf:params:oauth:token-type")
            let tokens = try executable("cat <<EOF\n\(json)\nEOF", in: folder).tokenProvider(
                TokenContext(transport: ScriptedTransport([]), environment: Self.allowed))
            let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
            #expect(error?.code == .commandFailed)
            #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
        }
    }

    /// Cached output is used until it expires.
    @Test(arguments: [(9e9, "fake-kept"), (1, "fake-new")]) func reusesCachedOutput(end: Double, token: String)
        async throws
    {
        try await TemporaryFolder.with { folder in
            func answer(_ name: String) -> String {
                #"{"version":1,"success":true,"token_type":"urn:ietf:params:oauth:token-type:jwt","id_token":"\#(name)","expiration_time":\#(name == "fake-kept" ? end : 9e9)}"#
            }
            let output = folder.file("output.json")
            try Data(answer("fake-kept").utf8).write(to: URL(fileURLWithPath: output))
            let transport = ScriptedTransport([Self.federated])
            let tokens = try executable("echo '\(answer("fake-new"))'", in: folder, output: output).tokenProvider(
                TokenContext(transport: transport, environment: Self.allowed))
            _ = try await tokens.accessToken()
            #expect(form(transport.requests.first)["subject_token"] == token)
        }
    }

    /// A workforce pool rotates the refresh token.
    @Test func usesARotatedRefreshTokenOfAUser() async throws {
        let json = #"""
            {"type":"external_account_authorized_user","client_id":"fake-client","client_secret":"fake-secret",
             "refresh_token":"fake-first","token_url":"http://127.0.0.1:1/v1/oauthtoken"}
            """#
        let transport = ScriptedTransport([
            Fake.token("one", expiresIn: 0, refreshToken: "fake-second"), Fake.token("two", expiresIn: 0),
            .answer(400, #"{"error":"invalid_grant"}"#),
        ])
        let tokens = try GoogleCredential(json: Array(json.utf8), path: "file.json").tokenProvider(
            TokenContext(transport: transport, clock: ManualClock()))
        for _ in 0..<2 { _ = try await tokens.accessToken() }
        #expect(form(transport.requests.first) == ["grant_type": "refresh_token", "refresh_token": "fake-first"])
        #expect(form(transport.requests.last)["refresh_token"] == "fake-second")
        let error = await #expect(throws: OAuthError.self) { try await tokens.accessToken() }
        #expect(error?.code == .expiredOrRevoked)
        #expect(error?.detail == .workforcePool)
    }
}
