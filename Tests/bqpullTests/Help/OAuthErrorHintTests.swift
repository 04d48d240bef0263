import Foundation
import GoogleOAuth
import Testing

@testable import BQPullCommands

@Suite struct OAuthErrorHintTests {
    /// The details that alone determine the hint.
    @Test(
        arguments: [
            (.malformedFile, "as Google created it"), (.notAClient, "{\"installed\""),
            (.notAuthorizedUser, "client_id, client_secret and refresh_token"),
            (.clientWithoutToken, "bqpull auth login --client-file FILE"), (.unsupportedType, "--token-command"),
            (.secretNotExported, "bqpull auth import -"),
            (
                .missingVariables(["BQPULL_CLIENT_ID", "BQPULL_CLIENT_SECRET"]),
                "set BQPULL_CLIENT_ID and BQPULL_CLIENT"
            ),
            (.untrustedURL(member: "token_uri", expected: nil), "remove token_uri"),
            (.untrustedURL(member: "token_url", expected: "https://sts.googleapis.com"), "https://sts.googleapis.com"),
            (.untrustedMetadataServer, "GCE_METADATA_HOST"),
            (.executableNotAllowed("who --am-i"), "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1; it runs who --am-i"),
            (.subjectTokenSource, "credential_source"),
            (.unknownProfile("wrok", existing: ["work"]), "did you mean the profile work?"),
            (.unknownProfile("home", existing: ["work"]), "bqpull auth login --profile home; existing profiles: work"),
            (.noStoreFolder, "XDG_CONFIG_HOME"), (.damagedFile("/a b"), "rm '/a b'"),
            (.permissions("/f", mode: 0o600), "chmod 600 /f"), (.permissions("/d", mode: 0o700), "chmod 700 /d"),
            (.foreignOwner("/f", expected: 501), "sudo chown 501 /f"), (.symbolicLink("/f"), "rm /f"),
            (.notAFile("/f"), "rm -r /f"), (.notAFolder("/d"), "replace /d with a folder"),
            (
                .registeredRedirectURIs(["https://a.example", "https://b.example"]),
                "--redirect-uri: https://a.example, "
            ),
            (.signInURL, "open it"), (.notRedirected(to: "https://a.example"), "redirected to https://a.example"),
            (.machineScopes, "cloud-platform"), (.tokenScopes, "https://www.googleapis.com/auth/bigquery"),
        ] as [(OAuthError.Detail, String)])
    func aDetailDeterminesTheHint(detail: OAuthError.Detail, mention: String) {
        let hint = OAuthError(code: .credentialsInvalid, message: "m", detail: detail).suggestion
        #expect(hint?.contains(mention) == true, "\(hint ?? "no hint")")
    }

    /// The end of a refresh token, at 2026-09-21 and the days after.
    @Test func aProbableEndIsDated() {
        let day = Date(timeIntervalSince1970: 1_790_000_000)
        let cases: [(OAuthError.Detail, [String])] = [
            (.tokenExpired(day), ["expired on 2026-09-21", "seven days", "bqpull auth login"]),
            (.tokenUnused(since: day), ["last used on 2026-09-21", "six months", "bqpull auth login"]),
            (
                .tokenStopped(stored: day, lastUse: day.addingTimeInterval(86_400)),
                ["stored on 2026-09-21", "last worked on 2026-09-22", "seven days"]
            ),
        ]
        for (detail, mentions) in cases {
            let hint = OAuthError(code: .expiredOrRevoked, message: "m", detail: detail).suggestion
            for mention in mentions { #expect(hint?.contains(mention) == true, "\(hint ?? "no hint")") }
        }
    }

    /// Details that add to the hint of some codes only.
    @Test(
        arguments: [
            (.clientRejected, .impersonation, "source_credentials"), (.requestRejected, .impersonation, "delegates"),
            (.impersonationDenied, .impersonation, "roles/iam.serviceAccountTokenCreator"),
            (.expiredOrRevoked, .workforcePool, "--login-config"), (.wrongClientID, .workforcePool, "client ID"),
            (.accessDenied, .consentError("admin_policy_enforced", clientID: "fake-id"), "fake-id"),
            (.accessDenied, .consentError("org_internal", clientID: "fake-id"), "External"),
            (.accessDenied, .consentError("access_denied", clientID: "fake-id"), "test users"),
        ] as [(OAuthError.Code, OAuthError.Detail, String)])
    func aDetailCanDependOnTheCode(code: OAuthError.Code, detail: OAuthError.Detail, mention: String) {
        let hint = OAuthError(code: code, message: "m", detail: detail).suggestion
        #expect(hint?.contains(mention) == true, "\(hint ?? "no hint")")
    }

    /// The message of `credentialsInvalid` says all that there is to say without a detail.
    @Test func everyOtherCodeHasAHint() {
        for code in OAuthError.Code.all where code != .credentialsInvalid && code != .unsafePermissions {
            #expect(OAuthError(code: code, message: "m").suggestion != nil, "\(code)")
        }
    }
}
