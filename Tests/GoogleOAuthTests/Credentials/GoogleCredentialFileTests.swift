import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

/// Files of all types, as gcloud and Google's console create them.
@Suite struct GoogleCredentialFileTests {
    private static let impersonation =
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sync@p.iam.gserviceaccount.com:generateAccessToken"
    private static let pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"

    private static func external(_ changes: [String: Any?] = [:], source: Any? = ["file": "/token"]) -> [String: Any] {
        let members: [String: Any?] = [
            "type": "external_account", "audience": pool, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source,
        ]
        return members.merging(changes) { $1 }.compactMapValues { $0 }
    }

    private static func user(_ changes: [String: Any?] = [:]) -> [String: Any] {
        let members: [String: Any?] = [
            "type": "external_account_authorized_user", "client_id": "c", "client_secret": "fake",
            "refresh_token": "fake",
        ]
        return members.merging(changes) { $1 }.compactMapValues { $0 }
    }

    private static func impersonated(_ changes: [String: Any?] = [:]) throws -> [String: Any] {
        let members: [String: Any?] = [
            "type": "impersonated_service_account", "service_account_impersonation_url": impersonation,
            "source_credentials": try FakeKey.file(tokenURI: "https://oauth2.googleapis.com/token"),
        ]
        return members.merging(changes) { $1 }.compactMapValues { $0 }
    }

    private func read(_ object: [String: Any]) throws -> GoogleCredential {
        try GoogleCredential(json: Array(try JSONSerialization.data(withJSONObject: object)), path: "file.json")
    }

    @Test func readsEveryType() throws {
        let key = try read(try FakeKey.file())
        #expect(key.principal == "service account sync@fake-project.iam.gserviceaccount.com")
        #expect(key.quotaProjectID == "fake-project")
        #expect(try read(try FakeKey.file(["quota_project_id": "payer"])).quotaProjectID == "payer")
        let impersonated = try read(try Self.impersonated(["delegates": ["projects/-/serviceAccounts/d@p"]]))
        #expect(impersonated.principal.hasPrefix("service account sync@p.iam.gserviceaccount.com, by service account"))
        #expect(impersonated.quotaProjectID == "fake-project")
        #expect(impersonated.tokenEndpoint?.host == "iamcredentials.googleapis.com")
        let external = try read(Self.external(["service_account_impersonation_url": Self.impersonation]))
        #expect(external.principal == "service account sync@p.iam.gserviceaccount.com, by \(Self.pool)")
        #expect(try read(Self.external()).tokenEndpoint?.description == "https://sts.googleapis.com/v1/token")
        let user = try read(Self.user(["quota_project_id": "payer"]))
        #expect(user.quotaProjectID == "payer")
        #expect(user.tokenEndpoint?.description == "https://sts.googleapis.com/v1/oauthtoken")
        for credential in [key, impersonated, external, user] { #expect(!"\(credential)".contains("PRIVATE KEY")) }
    }

    /// Errors name the missing or invalid member.
    @Test(.faults("N44")) func namesMissingAndInvalidMembers() throws {
        let key = { try FakeKey.file($0) }
        let cases: [([String: Any], OAuthError.Code, String)] = [
            (try key(["client_email": nil]), .credentialsInvalid, "client_email"),
            (try key(["private_key": nil]), .credentialsInvalid, "private_key"),
            (try key(["private_key": "hush"]), .credentialsInvalid, "private_key"),
            (try key(["token_uri": "https://evil.example/token"]), .untrustedTokenURI, "evil.example"),
            (
                try key(["token_uri": "http://127.0.0.1:65536/token"]), .untrustedTokenURI,
                "as token_uri: the port of http://127.0.0.1:65536/token is out of range"
            ),
            (try key(["universe_domain": "example.cloud"]), .credentialsInvalid, "example.cloud"),
            (
                try Self.impersonated(["source_credentials": Optional<Any>.none]), .credentialsInvalid,
                "source_credentials"
            ),
            (
                try Self.impersonated(["source_credentials": ["type": "service_account"]]), .credentialsInvalid,
                "source_credentials: the credential has no client_email"
            ),
            (
                try Self.impersonated(["source_credentials": ["type": "gdch_service_account"]]), .credentialsInvalid,
                "gdch_service_account"
            ),
            (
                try Self.impersonated([
                    "service_account_impersonation_url": "https://evil.example/x@y:generateAccessToken"
                ]),
                .untrustedTokenURI, "service_account_impersonation_url"
            ),
            (
                try Self.impersonated([
                    "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/x"
                ]),
                .credentialsInvalid, "does not end in /serviceAccounts/"
            ),
            (try Self.impersonated(["delegates": "d@p"]), .credentialsInvalid, "delegates"),
            (Self.external(["audience": Optional<Any>.none]), .credentialsInvalid, "audience"),
            (Self.external(["subject_token_type": Optional<Any>.none]), .credentialsInvalid, "subject_token_type"),
            (Self.external(["token_url": "https://evil.example/v1/token"]), .untrustedTokenURI, "evil.example"),
            (Self.external(source: nil), .credentialsInvalid, "credential_source"),
            (Self.external(source: [String: String]()), .credentialsInvalid, "credential_source"),
            (Self.external(source: ["file": "/a", "url": "https://b.example"]), .credentialsInvalid, "one of"),
            (Self.external(source: ["url": "http://b.example/token"]), .untrustedTokenURI, "b.example"),
            (Self.external(source: ["url": "http://127.0.0.1:65536/token"]), .untrustedTokenURI, "65536"),
            (
                Self.external(source: ["url": "https://b.example", "headers": ["Schl\u{FC}ssel": "hush"]]),
                .credentialsInvalid, "an invalid header: Schl\u{FC}ssel"
            ),
            (
                Self.external(source: ["url": "https://b.example", "headers": ["Key": "hush\r\nHost: c"]]),
                .credentialsInvalid, "an invalid header: Key"
            ),
            (Self.external(source: ["certificate": [String: String]()]), .credentialsInvalid, "certificate"),
            (Self.external(source: ["environment_id": "aws2"]), .credentialsInvalid, "aws2"),
            (Self.external(source: ["environment_id": "aws1"]), .credentialsInvalid, "regional_cred_verification_url"),
            (
                Self.external(source: [
                    "environment_id": "aws1", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com",
                    "url": "http://evil.example/keys",
                ]), .untrustedTokenURI, "evil.example"
            ),
            (Self.external(source: ["executable": ["timeout_millis": 5000]]), .credentialsInvalid, "command"),
            (
                Self.external(source: ["executable": ["command": "x", "timeout_millis": 1]]), .credentialsInvalid,
                "timeout_millis"
            ),
            (Self.external(source: ["file": "/a", "format": ["type": "xml"]]), .credentialsInvalid, "xml"),
            (
                Self.external(source: ["file": "/a", "format": ["type": "json"]]), .credentialsInvalid,
                "subject_token_field_name"
            ),
            (Self.user(["refresh_token": Optional<Any>.none]), .credentialsInvalid, "refresh_token"),
            (Self.user(["token_url": "http://sts.googleapis.com/v1/oauthtoken"]), .untrustedTokenURI, "token_url"),
            (["type": "gdch_service_account", "private_key": "hush"], .credentialsInvalid, "gdch_service_account"),
            (["type": "something_new"], .credentialsInvalid, "something_new"),
        ]
        for (object, code, mention) in cases {
            let error = #expect(throws: OAuthError.self) { try read(object) }
            #expect(error?.code == code, "\(mention): \(error?.message ?? "")")
            #expect(error?.message.hasPrefix("file.json: ") == true)
            #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("hush") == false)
        }
    }

    /// A duplicate could override the visible value, such as the endpoint that receives a secret.
    @Test(
        .faults("A28"),
        arguments: [
            (
                #"{"client_id":"a","client_secret":"hush","refresh_token":"hush","refresh_token":"hush"}"#,
                "refresh_token"
            ),
            (
                #"{"token_uri":"https://oauth2.googleapis.com/token","client_secret":"hush","t\u006fken_uri":"http://127.0.0.1:1/"}"#,
                "token_uri"
            ),
            (#"{"type":"service_account","private_key":"hush","private_key":"hush"}"#, "private_key"),
            (#"{"type":"authorized_user","type":"service_account","private_key":"hush"}"#, "type"),
            (
                #"{"type":"impersonated_service_account","source_credentials":{"client_secret":"hush","client_secret":"hush"}}"#,
                "client_secret"
            ),
            (
                #"{"type":"external_account","credential_source":{"url":"https://a.example","url":"https://b.example"}}"#,
                "url"
            ),
            (
                #"{"type":"external_account","credential_source":{"url":"https://a.example","headers":{"k":"hush","k":"hush"}}}"#,
                "k"
            ),
            (
                #"{"type":"external_account_authorized_user","client_secret":"hush","client_secret":"x"}"#,
                "client_secret"
            ),
            (#"{"type":"something_new","unknown":"hush","unknown":"hush"}"#, "unknown"),
        ])
    func namesADuplicateMember(json: String, member: String) throws {
        let bytes = Array(json.utf8)
        for read in [
            { _ = try GoogleCredential(json: bytes, path: "file.json") },
            {
                _ = try CredentialFile.naming("file.json") { () throws(OAuthError) in
                    try CredentialFile.decode(
                        AuthorizedUserCredential.File.self, from: bytes, detail: .notAuthorizedUser)
                }
            },
        ] {
            let error = #expect(throws: OAuthError.self) { try read() }
            #expect(error?.code == .credentialsInvalid)
            #expect(error?.message == "file.json: duplicate member \(member)")
            #expect(error?.detail == .malformedFile)
        }
    }

    @Test(arguments: [
        ("sts.googleapis.com", true), ("us-east1-sts.googleapis.com", true), ("sts.us-east1.rep.googleapis.com", true),
        ("sts.us-east1.googleapis.com", true), ("us-east1.sts.googleapis.com", true),
        ("sts-name.p.googleapis.com", true), ("sts.mtls.googleapis.com", true),
        ("sts.googleapis.com.evil.example", false), ("stsgoogleapis.com", false), ("evil-googleapis.com", false),
        ("storage.googleapis.com", false), ("iamcredentials.googleapis.com", false),
        ("sts.a.b.c.googleapis.com", false), (".sts.googleapis.com", false), ("googleapis.com", false),
    ])
    func trustsOnlyGooglesServices(host: String, isTrusted: Bool) {
        let address = "https://\(host)/v1/token"
        #expect(((try? GoogleAddress.trusted(address, name: "token_url", at: .securityTokens)) != nil) == isTrusted)
    }
}
