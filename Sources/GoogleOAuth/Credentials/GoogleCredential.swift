package import GoogleHTTP

/// A credential of any type that needs no browser: Google's application-default credentials, or a token command.
///
/// ```swift
/// import GoogleHTTP
/// import GoogleOAuth
/// import Logging
///
/// let transport = HTTPSTransport(userAgent: "my-tool/1.0", logger: Logger(label: "my-tool"))
/// let credential = try GoogleCredential(contentsOfFile: "service-account.json")
/// let tokens = credential.tokenProvider(TokenContext(transport: transport))
/// let token = try await tokens.accessToken()
/// print(token.value)  // <redacted>
/// ```
public indirect enum GoogleCredential: Sendable, Hashable {
    /// A client and a refresh token (`authorized_user`).
    case authorizedUser(AuthorizedUserCredential)
    /// A service account's key (`service_account`).
    case serviceAccount(ServiceAccountCredential)
    /// A service account that another credential impersonates (`impersonated_service_account`).
    case impersonatedServiceAccount(ImpersonatedServiceAccountCredential)
    /// An identity of another cloud or identity provider (`external_account`).
    case externalAccount(ExternalAccountCredential)
    /// A logged-in user of a workforce pool (`external_account_authorized_user`).
    case externalAccountUser(ExternalAccountUserCredential)
    /// The service account of a Google machine.
    case metadataServer(MetadataServer)
    /// A command that prints a token.
    case command(TokenCommand)

    /// The client and the refresh token; `nil` for any other type.
    package var authorizedUser: AuthorizedUserCredential? {
        if case .authorizedUser(let credential) = self { credential } else { nil }
    }

    /// The type of the credential, for reports.
    package var kind: String {
        switch self {
        case .authorizedUser: "refresh token"
        case .serviceAccount: "service account key"
        case .impersonatedServiceAccount: "impersonated service account"
        case .externalAccount: "external account"
        case .externalAccountUser: "external user"
        case .metadataServer: "metadata server"
        case .command: "token command"
        }
    }

    /// The identity, for reports, without secrets. It is untrusted text.
    package var principal: String {
        switch self {
        case .authorizedUser(let credential): "client \(credential.clientID)"
        case .serviceAccount(let credential): "service account \(credential.email)"
        case .impersonatedServiceAccount(let credential):
            "service account \(credential.impersonation.email), by \(credential.source.principal)"
        case .externalAccount(let credential):
            credential.impersonation.map { "service account \($0.email), by \(credential.audience)" }
                ?? "external account \(credential.audience)"
        case .externalAccountUser(let credential): "external user, client \(credential.clientID)"
        case .metadataServer(let server): "service account of this machine, by \(server.endpoint.host)"
        case .command(let command): "output of: \(command.command)"
        }
    }

    /// The billing project, if the credential names one.
    public var quotaProjectID: String? {
        switch self {
        case .authorizedUser(let credential): credential.quotaProjectID
        case .serviceAccount(let credential): credential.quotaProjectID
        case .impersonatedServiceAccount(let credential): credential.quotaProjectID
        case .externalAccount(let credential): credential.quotaProjectID
        case .externalAccountUser(let credential): credential.quotaProjectID
        case .metadataServer, .command: nil
        }
    }

    /// The endpoint that issues the tokens; `nil` for a command.
    package var tokenEndpoint: HTTPEndpoint? {
        switch self {
        case .authorizedUser(let credential): credential.tokenEndpoint
        case .serviceAccount(let credential): credential.tokenEndpoint
        case .impersonatedServiceAccount(let credential): credential.impersonation.endpoint
        case .externalAccount(let credential): credential.impersonation?.endpoint ?? credential.tokenEndpoint
        case .externalAccountUser(let credential): credential.tokenEndpoint
        case .metadataServer(let server): server.endpoint
        case .command: nil
        }
    }

    /// Whether a service on this machine issues the tokens, so that they can be sent to another one there.
    package var isLocal: Bool { tokenEndpoint?.isLoopback ?? false }

    /// A provider that caches and renews the credential's access tokens.
    ///
    /// - Parameters:
    ///   - context: the dependencies of token requests.
    ///   - scopes: the scopes of the tokens. Defaults to BigQuery. Ignored for a refresh token, whose scopes are those
    ///     of the consent, and for a command.
    /// - Returns: the provider.
    public func tokenProvider(
        _ context: TokenContext, scopes: [String] = [ConsentRequest.bigQueryScope]
    ) -> any TokenProvider {
        switch self {
        case .authorizedUser(let credential): return credential.tokenProvider(context)
        case .serviceAccount(let credential):
            return RenewingTokenProvider(context) { try await credential.fetchToken(scopes: scopes, $0) }
        case .impersonatedServiceAccount(let credential):
            let source = credential.source.tokenProvider(context, scopes: Impersonation.sourceScopes)
            return credential.impersonation.tokenProvider(context, scopes: scopes, source: source)
        case .externalAccount(let credential):
            guard let impersonation = credential.impersonation else {
                return RenewingTokenProvider(context) { try await credential.fetchToken(scopes: scopes, $0) }
            }
            let source = RenewingTokenProvider(context) {
                try await credential.fetchToken(scopes: Impersonation.sourceScopes, $0)
            }
            return impersonation.tokenProvider(context, scopes: scopes, source: source)
        case .externalAccountUser(let credential): return credential.tokenProvider(context)
        case .metadataServer(let server):
            return RenewingTokenProvider(context) { try await server.fetchToken(scopes: scopes, $0) }
        case .command(let command): return RenewingTokenProvider(context) { try await command.fetchToken($0) }
        }
    }
}
