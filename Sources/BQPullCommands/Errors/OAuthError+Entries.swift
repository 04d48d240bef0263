import GoogleOAuth

extension OAuthError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .noCredentials: ErrorEntry(
            .permission,
            explanation:
                "No credentials were found. bqpull auth login gets some, or name a file with --credentials."),
        .credentialsMissing: ErrorEntry(
            .inputMissing,
            explanation:
                "The file of credentials that was named does not exist or cannot be read."),
        .credentialsInvalid: ErrorEntry(
            .configuration,
            explanation:
                "The credentials are incomplete, of a kind that bqpull does not take, or have a member twice. bqpull auth login gets some."
        ),
        .unsafePermissions: ErrorEntry(
            .configuration,
            explanation:
                "Others can read or replace credentials that only you may. The hint has the command that mends it."),
        .untrustedTokenURI: ErrorEntry(
            .configuration,
            explanation:
                "The credentials name an endpoint to which bqpull sends no secrets. Use the file as Google made it."),
        .expiredOrRevoked: ErrorEntry(
            .permission,
            explanation:
                "The refresh token has ended: it was revoked, not used for six months, or made while the consent screen was in \"Testing\" (seven days). Publish the app, then bqpull auth login."
        ),
        .damagedToken: ErrorEntry(
            .permission,
            explanation:
                "Google does not know the refresh token: it was cut when it was copied, or replaced by newer ones. Get another with bqpull auth login."
        ),
        .sessionControl: ErrorEntry(
            .permission,
            explanation:
                "Your organisation asks for a new login from time to time. bqpull auth login; an exempted or service account lasts."
        ),
        .foreignToken: ErrorEntry(
            .permission,
            explanation:
                "The refresh token was made for another OAuth client. Client id, client secret and refresh token belong together."
        ),
        .wrongClientID: ErrorEntry(
            .permission,
            explanation:
                "Google knows no OAuth client of this id. Compare it with the console's."),
        .wrongClientSecret: ErrorEntry(
            .permission,
            explanation:
                "The client's secret is another one. Compare it with the console's, or make a new one."),
        .deletedClient: ErrorEntry(
            .permission,
            explanation:
                "The OAuth client was deleted or disabled in the console. Make a new one and log in with it."),
        .clientRejected: ErrorEntry(
            .permission,
            explanation:
                "Google does not accept the OAuth client. Compare id and secret with the console's."),
        .accessDenied: ErrorEntry(
            .permission,
            explanation:
                "Whoever was asked for consent, or an administrator, refused. Log in again and allow access, or ask the administrator to allow the client."
        ),
        .requestRejected: ErrorEntry(
            .configuration,
            explanation:
                "Google does not understand the request for a token. Check the OAuth client and the scopes."),
        .serviceUnavailable: ErrorEntry(
            .unavailable,
            explanation:
                "Google's token service is in trouble. Try again later."),
        .unexpectedAnswer: ErrorEntry(
            .remoteProtocol,
            explanation:
                "What answered is not the service: a proxy or a captive portal stands between."),
        .missingScope: ErrorEntry(
            .permission,
            explanation:
                "The token was not granted the scope that is needed. Log in again and allow everything that is asked for."
        ),
        .noRefreshToken: ErrorEntry(
            .permission,
            explanation:
                "Google sent no refresh token. Remove the app's access at https://myaccount.google.com/permissions and log in again."
        ),
        .redirectMismatch: ErrorEntry(
            .configuration,
            explanation:
                "The redirect address is not registered for the OAuth client. Register it, or use a client of type Desktop."
        ),
        .codeRejected: ErrorEntry(
            .permission,
            explanation:
                "The code of a consent was used already, or is more than a few minutes old. Begin again with bqpull auth login."
        ),
        .wrongState: ErrorEntry(
            .badData,
            explanation:
                "The answer of the browser belongs to another consent. Begin again with bqpull auth login."),
        .noCode: ErrorEntry(
            .badData,
            explanation:
                "What was pasted holds no authorization code. Paste the whole address that the browser shows at the end."
        ),
        .noPendingConsent: ErrorEntry(
            .inputMissing,
            explanation:
                "No consent is waiting for its answer. Begin with bqpull auth url."),
        .noClientSecret: ErrorEntry(
            .usage,
            explanation:
                "The file of the OAuth client has no secret in it. Download it again from the console, as type Desktop or Web."
        ),
        .cannotListen: ErrorEntry(
            .systemLimit,
            explanation:
                "The port on this machine is taken or may not be used. Choose another one with --port."),
        .cannotStore: ErrorEntry(
            .localIO,
            explanation:
                "Credentials cannot be written. Make room, or set XDG_CONFIG_HOME to a folder that you may write to."),
        .fileExists: ErrorEntry(
            .cannotCreate,
            explanation:
                "A file is there already and would be lost. Name another one, or remove it."),
        .storeLocked: ErrorEntry(
            .later,
            explanation:
                "Another bqpull holds the stored credentials for too long. Try again later."),
        .keyRejected: ErrorEntry(
            .permission,
            explanation:
                "The service account's key was deleted or disabled, or its account was. Make a new key, or name other credentials with --credentials."
        ),
        .wrongClock: ErrorEntry(
            .configuration,
            explanation:
                "A certificate or a signed request is not valid at the time that this machine shows. Set its clock."),
        .identityRejected: ErrorEntry(
            .permission,
            explanation:
                "Google's workload identity provider does not accept what the other cloud says of this machine, or that says nothing. Compare audience and conditions with the provider's."
        ),
        .impersonationDenied: ErrorEntry(
            .permission,
            explanation:
                "The credentials may not act as the service account. Grant them roles/iam.serviceAccountTokenCreator on it."
        ),
        .noServiceAccount: ErrorEntry(
            .permission,
            explanation:
                "This machine is none of Google's, or has no service account. Attach one to it, or name credentials with --credentials."
        ),
        .commandFailed: ErrorEntry(
            .permission,
            explanation:
                "The command that was to print a token failed, took too long, or printed none. Run it in a shell; it gets no input."
        ),
    ]

    var specificHint: String? { hint }
}
