public import GoogleHTTP

/// Credentials of any kind that need no browser: what Google calls application-default credentials, and a command.
public indirect enum GoogleCredential: Sendable, Hashable {
    /// A client and a refresh token (`authorized_user`).
    case authorizedUser(AuthorizedUserCredential)
    /// A service account's key (`service_account`).
    case serviceAccount(ServiceAccountCredential)
    /// A service account as which other credentials act (`impersonated_service_account`).
    case impersonatedServiceAccount(ImpersonatedServiceAccountCredential)
    /// An identity of another cloud or identity provider (`external_account`).
    case externalAccount(ExternalAccountCredential)
    /// A user of a workforce pool who has logged in (`external_account_authorized_user`).
    case externalAccountUser(ExternalAccountUserCredential)
    /// The service account of one of Google's machines.
    case metadataServer(MetadataServer)
    /// A command that prints a token.
    case command(TokenCommand)

    /// The client and the refresh token, if it is of that kind.
    public var authorizedUser: AuthorizedUserCredential? {
        if case .authorizedUser(let credential) = self { credential } else { nil }
    }

    /// The kind in words.
    public var kind: String {
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

    /// Whom it stands for, in words for reports; text from outside. It holds no secret.
    public var principal: String {
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
        case .command(let command): "what is printed by: \(command.command)"
        }
    }

    /// The project that pays, if the credentials name one.
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

    /// Where the tokens are from; `nil` for a command's.
    public var tokenEndpoint: HTTPEndpoint? {
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

    /// Whether the tokens are of a service on this machine, so that they may be sent to another one there.
    public var isLocal: Bool { tokenEndpoint?.isLoopback ?? false }

    /// What gets tokens and keeps them.
    ///
    /// - Parameters:
    ///   - scopes: what the tokens are to be good for. Defaults to BigQuery. A refresh token's were chosen at its login,
    ///     a command's are its own.
    ///   - store: bqpull's own store, if the credentials were read from it.
    public func tokenProvider(
        _ context: TokenContext, scopes: [String] = [ConsentRequest.bigQueryScope], store: CredentialStore? = nil
    ) -> any TokenProvider {
        let repetitions = RetryCounter()
        let counted = repetitions.counting(context)
        func renewing(
            from sources: [any TokenProvider] = [], _ fetch: @escaping @Sendable () async throws -> TokenResponse
        ) -> any TokenProvider {
            RenewingTokenProvider(clock: context.clock, repetitions: repetitions, sources: sources, fetch: fetch)
        }
        switch self {
        case .authorizedUser(let credential):
            return RefreshTokenProvider(credential: credential, store: store, context: context)
        case .serviceAccount(let credential):
            return renewing { try await credential.fetchToken(scopes: scopes, counted) }
        case .impersonatedServiceAccount(let credential):
            let source = credential.source.tokenProvider(counted, scopes: Impersonation.sourceScopes)
            return renewing(from: [source]) {
                try await credential.impersonation.fetchToken(scopes: scopes, from: source, counted)
            }
        case .externalAccount(let credential):
            guard let impersonation = credential.impersonation else {
                return renewing { try await credential.fetchToken(scopes: scopes, counted) }
            }
            let source = RenewingTokenProvider(clock: context.clock) {
                try await credential.fetchToken(scopes: Impersonation.sourceScopes, counted)
            }
            return renewing(from: [source]) {
                try await impersonation.fetchToken(scopes: scopes, from: source, counted)
            }
        case .externalAccountUser(let credential):
            let exchange = ExternalAccountUserExchange(credential, context: counted)
            return renewing { try await exchange.answer() }
        case .metadataServer(let server): return renewing { try await server.fetchToken(scopes: scopes, counted) }
        case .command(let command): return renewing { try await command.fetchToken(counted) }
        }
    }
}
