import GoogleHTTP
import GoogleOAuth
import TextSupport

extension OAuthError: ReportedError {
    private static let console = "https://console.cloud.google.com"
    private static let clients = "\(console)/apis/credentials"

    static let entries: [Code: ErrorEntry] = [
        .noCredentials: ErrorEntry(
            .permission, "No credentials were found.",
            hint:
                "run bqpull auth login; or pass --credentials FILE with a JSON file of credentials, or --token-command, or set BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN"
        ),
        .credentialsMissing: ErrorEntry(
            .inputMissing, "The named credentials file does not exist or cannot be read.",
            hint: "check the path and its permissions"),
        .credentialsInvalid: ErrorEntry(
            .configuration,
            "The credentials are incomplete, of an unsupported type, or have a duplicate member. Get new ones with bqpull auth login."
        ),
        .unsafePermissions: ErrorEntry(
            .configuration,
            "Other users can read or replace the stored credentials. The hint is the command that fixes it."),
        .untrustedTokenURI: ErrorEntry(
            .configuration, "The credentials name an endpoint to which bqpull does not send secrets.",
            hint: "use the file as Google created it"),
        .expiredOrRevoked: ErrorEntry(
            .permission,
            "The refresh token has expired or was revoked: it was unused for six months, or issued while the consent screen was in \"Testing\" (seven days).",
            hint:
                "run bqpull auth login. Tokens of a consent screen in \"Testing\" expire after seven days (publish the app), unused tokens after six months, and the oldest of more than 100 tokens at once"
        ),
        .damagedToken: ErrorEntry(
            .permission,
            "Google does not recognize the refresh token: it was copied incompletely, or expired long ago.",
            hint:
                "copy the complete refresh token again, or run bqpull auth login; a token that expired long ago is not recognized either"
        ),
        .sessionControl: ErrorEntry(
            .permission,
            "The organization requires a new login from time to time. Exempt accounts and service accounts are not affected.",
            hint: "run bqpull auth login; the organization's session length determines the lifetime of the new token"),
        .foreignToken: ErrorEntry(
            .permission,
            "The refresh token was issued to another OAuth client. Client ID, client secret and refresh token belong together.",
            hint: "use the client ID and secret that the token was issued to, or run bqpull auth login with this client"
        ),
        .wrongClientID: ErrorEntry(
            .permission, "No OAuth client has this ID.",
            hint: "compare the client ID with \(clients); it ends in .apps.googleusercontent.com"),
        .wrongClientSecret: ErrorEntry(
            .permission, "The client secret does not match the client ID.",
            hint: "copy the secret again from \(clients), or create a new one there; refresh tokens stay valid"),
        .deletedClient: ErrorEntry(
            .permission, "The OAuth client was deleted or disabled.",
            hint: "restore it within 30 days at \(clients), or create a new client and run bqpull auth login"),
        .clientRejected: ErrorEntry(
            .permission, "Google rejects the OAuth client.",
            hint: "compare client ID and client secret with \(clients)"),
        .accessDenied: ErrorEntry(
            .permission, "The user or an administrator denied access.",
            hint:
                "allow access in the browser. While the consent screen is in \"Testing\", only its test users can: \(console)/auth/audience. Otherwise ask the account's administrator to allow this client"
        ),
        .requestRejected: ErrorEntry(
            .configuration, "Google rejects the token request.",
            hint: "check the OAuth client, its refresh token and the scopes"),
        .serviceUnavailable: ErrorEntry(
            .unavailable, "Google's token service is unavailable.",
            hint: "run the command again later"),
        .unexpectedAnswer: ErrorEntry(
            .remoteProtocol, "The response is not from Google: a proxy or a captive portal intercepts the connection.",
            hint: "check token_uri in the credentials, and whether a proxy responds instead of Google"),
        .missingScope: ErrorEntry(
            .permission, "The token lacks a required scope.",
            hint:
                "run bqpull auth login again, and leave all boxes ticked: BigQuery needs \(ConsentRequest.bigQueryScope)"
        ),
        .noRefreshToken: ErrorEntry(
            .permission, "Google sent no refresh token.",
            hint: "remove the client at https://myaccount.google.com/connections, then log in again"),
        .redirectMismatch: ErrorEntry(
            .configuration, "The redirect URI is not registered for the OAuth client.",
            hint:
                "add it to the client's authorized redirect URIs at \(clients), or pass a registered one with --redirect-uri"
        ),
        .codeRejected: ErrorEntry(
            .permission, "The authorization code was already used, or is more than a few minutes old.",
            hint: "run bqpull auth login again: a code works once, and only for some minutes"),
        .wrongState: ErrorEntry(
            .badData, "The redirect belongs to another consent request.",
            hint: "open the sign-in URL that was printed last, and paste the URL you are redirected to"),
        .noCode: ErrorEntry(
            .badData, "The pasted text contains no authorization code.",
            hint: "paste the complete URL that the browser shows after the consent; it contains code="),
        .noPendingConsent: ErrorEntry(
            .inputMissing, "No consent request is pending.",
            hint: "run bqpull auth url, and open the URL that it prints"),
        .noClientSecret: ErrorEntry(
            .usage, "The file of the OAuth client contains no secret.",
            hint: "pass --client-secret-file FILE, or add a new secret in the console and download the file again"),
        .cannotListen: ErrorEntry(
            .systemLimit, "The port on this machine is in use or not permitted.",
            hint: "pass another port with --port, or another redirect URI with --redirect-uri"),
        .cannotStore: ErrorEntry(
            .localIO,
            "The credentials cannot be written. Free disk space, or set XDG_CONFIG_HOME to a writable folder.",
            hint: "check that the folder exists, is yours, and is not on a full or read-only disk"),
        .fileExists: ErrorEntry(
            .cannotCreate, "The file already exists and would be overwritten.",
            hint: "remove it, or name another file"),
        .storeLocked: ErrorEntry(
            .later, "Another bqpull locks the stored credentials.",
            hint: "end the other bqpull, or run the command again later"),
        .keyRejected: ErrorEntry(
            .permission,
            "The service account's key or the account was deleted or disabled. Create a new key, or pass other credentials with --credentials.",
            hint:
                "compare private_key_id with the account's keys at \(console)/iam-admin/serviceaccounts; the key or the account was deleted or disabled"
        ),
        .wrongClock: ErrorEntry(
            .configuration, "A certificate or a signed request is not valid at the time of this machine.",
            hint: "set this machine's clock (timedatectl set-ntp true): signed requests are valid for an hour"),
        .identityRejected: ErrorEntry(
            .permission,
            "The workload identity provider rejects the other cloud's token, or the other cloud returns none.",
            hint:
                "compare audience and subject_token_type with the provider at \(console)/iam-admin/workload-identity-pools, and the identity's claims with the provider's conditions"
        ),
        .impersonationDenied: ErrorEntry(
            .permission, "The credentials cannot impersonate the service account.",
            hint:
                "grant these credentials roles/iam.serviceAccountTokenCreator on the service account, and enable the IAM Service Account Credentials API"
        ),
        .noServiceAccount: ErrorEntry(
            .permission, "This is not a Google machine, or it has no service account.",
            hint:
                "attach a service account to the machine and check its access scopes; outside Google Cloud pass --credentials FILE, or run bqpull auth login"
        ),
        .commandFailed: ErrorEntry(
            .permission, "The token command failed, timed out, or printed no token.",
            hint: "run it in a shell to see its output; it gets no input"),
    ]

    var specificHint: String? {
        guard let detail else { return (cause as? InputFileError)?.hint }
        return Self.fileHint(detail) ?? Self.storeHint(detail) ?? consentHint(detail)
    }

    /// The hint for a file of credentials or of a client.
    private static func fileHint(_ detail: Detail) -> String? {
        switch detail {
        case .malformedFile: "use the file as Google created it, or create it again"
        case .notAClient:
            "download the client's JSON file at \(clients); it begins with {\"installed\" or {\"web\""
        case .notAuthorizedUser:
            "pass an authorized_user file with client_id, client_secret and refresh_token, or run bqpull auth login; other types work with --credentials FILE where only an access token is needed"
        case .clientWithoutToken: "get a refresh token with bqpull auth login --client-file FILE"
        case .unsupportedType:
            "supported types are authorized_user, service_account, impersonated_service_account, external_account and external_account_authorized_user of googleapis.com; pass a token of any other with --token-command, for example 'gcloud auth print-access-token'"
        case .secretNotExported:
            "Data Factory does not export secrets: pass client ID, client secret and refresh token on standard input to bqpull auth import -"
        case .missingAWSKeys:
            "attach an IAM role to the machine, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        case .privateKey:
            "use private_key as Google created it: it begins with -----BEGIN PRIVATE KEY-----, and its lines end in \\n"
        case .missingVariables(let names):
            "set \(names.joined(separator: " and ")), or pass other credentials with --credentials"
        case .untrustedURL(let member, nil): "remove \(member), which defaults to Google's"
        case .untrustedURL(let member, let expected?):
            "create the file again with gcloud; \(member) begins with \(expected)"
        case .untrustedMetadataServer:
            "unset GCE_METADATA_HOST and GCE_METADATA_IP, or set them to 169.254.169.254 or this machine"
        case .executableNotAllowed(let command):
            "if you trust the file, set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1; it runs \(printable(command, limit: 200))"
        case .subjectTokenSource:
            "check credential_source in the credentials, and whether they were created for this machine"
        default: nil
        }
    }

    /// The hint for a stored credential.
    private static func storeHint(_ detail: Detail) -> String? {
        func word(_ path: String) -> String { shellWord(printable(path)) }
        let testing =
            "tokens of a consent screen in \"Testing\" expire after seven days: publish the app at \(console)/auth/audience, then run bqpull auth login"
        return switch detail {
        case .unknownProfile(let name, let existing):
            if let nearest = NearestName.find(name, among: Set(existing + SettingsFile.profiles).sorted()) {
                "did you mean the profile \(printable(nearest))?"
            } else {
                "run bqpull auth login --profile \(printable(name, limit: 80))"
                    + (existing.isEmpty ? "" : "; existing profiles: \(existing.joined(separator: ", "))")
            }
        case .noStoreFolder: "set HOME or XDG_CONFIG_HOME to an absolute path"
        case .damagedFile(let path): "log in again, or remove it: rm \(word(path))"
        case .permissions(let path, let mode): "chmod \(String(mode, radix: 8)) \(word(path))"
        case .foreignOwner(let path, let user): "sudo chown \(user) \(word(path))"
        case .symbolicLink(let path): "rm \(word(path)), and log in again"
        case .notAFile(let path): "rm -r \(word(path)), and log in again"
        case .notAFolder(let path): "replace \(word(path)) with a folder"
        case .tokenExpired(let end): "it expired on \(Readable.time(end)); \(testing)"
        case .tokenUnused(let use):
            "it was last used on \(Readable.time(use)), and tokens expire after six months without use: run bqpull auth login"
        case .tokenStopped(let stored, let use):
            "it was stored on \(Readable.time(stored)) and last worked on \(Readable.time(use)); probably \(testing)"
        default: nil
        }
    }

    /// The hint for a consent or a token, which depends on the code too.
    private func consentHint(_ detail: Detail) -> String? {
        switch (detail, code) {
        case (.registeredRedirectURIs(let uris), _):
            "pass one of these with --redirect-uri: " + uris.map { printable($0, limit: 200) }.joined(separator: ", ")
        case (.signInURL, _):
            "open it, allow access, and paste the URL that the browser shows then, even if the page shows an error"
        case (.notRedirected(let uri), _):
            "if Google shows an error, its page names the cause; otherwise continue until the browser is redirected to \(printable(uri, limit: 200)), and paste that URL"
        case (.consentError("admin_policy_enforced", let clientID), _):
            "ask the administrator to trust the client ID \(printable(clientID, limit: 200))"
        case (.consentError("org_internal", _), _):
            "log in with an account of that organization, or make the consent screen External"
        case (.consentError("disallowed_useragent", _), _): "open the sign-in URL in an ordinary browser"
        case (.machineScopes, _): "stop the machine, and give it the access scope cloud-platform"
        case (.tokenScopes, _): "use credentials whose tokens have the scope \(ConsentRequest.bigQueryScope)"
        case (.impersonation, .clientRejected): "check source_credentials in the file"
        case (.impersonation, .requestRejected):
            "check delegates, and the lifetime, which is at most an hour without a policy"
        case (.workforcePool, .expiredOrRevoked), (.workforcePool, .damagedToken), (.workforcePool, .sessionControl):
            "log in again: gcloud auth application-default login --login-config FILE"
        default: nil
        }
    }
}
