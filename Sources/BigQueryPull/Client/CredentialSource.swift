import GoogleHTTP
public import GoogleOAuth

/// The credential of a client that ``withBigQueryClient(credential:project:endpoint:authorities:logger:configure:isolation:_:)``
/// creates.
///
/// ```swift
/// import BigQueryPull
///
/// func source(isTest: Bool) -> CredentialSource {
///     isTest ? .anonymous : .file("credentials.json")
/// }
/// ```
public struct CredentialSource: Sendable {
    /// A token provider, and the billing project that its credential names.
    struct Opened: Sendable {
        var tokens: (any TokenProvider)?
        var project: @Sendable () async throws -> String? = { nil }
    }

    /// Opens the credential. Performs I/O on a thread of its own.
    let open: @Sendable (TokenContext) async throws -> Opened

    /// A JSON file of any type that needs no browser, such as `authorized_user` (a client and a refresh token) or
    /// `service_account`.
    ///
    /// - Parameter path: the path of the file, which is read when the client is created.
    /// - Returns: the source.
    public static func file(_ path: String) -> CredentialSource {
        CredentialSource { context in
            let credential = try await onOwnThread { try GoogleCredential(contentsOfFile: path) }
            return Opened(credential, context)
        }
    }

    /// A credential in memory.
    public static func credential(_ credential: GoogleCredential) -> CredentialSource {
        CredentialSource { context in Opened(credential, context) }
    }

    /// Any other source of access tokens.
    public static func tokenProvider(_ provider: any TokenProvider) -> CredentialSource {
        CredentialSource { _ in Opened(tokens: provider) }
    }

    /// Any other source of access tokens that sends requests itself.
    ///
    /// ```swift
    /// import BigQueryPull
    /// import GoogleHTTP
    /// import GoogleOAuth
    ///
    /// /// Tokens of an internal service, which responds with the plain token.
    /// func internalTokens(url: String) -> CredentialSource {
    ///     .tokenProvider { context in
    ///         RenewingTokenProvider {
    ///             let token = try await context.transport.exchange(HTTPRequest(.get, url)) { head, body in
    ///                 guard head.status == 200 else {
    ///                     throw OAuthError(code: .serviceUnavailable, message: "the service responded \(head.status)")
    ///                 }
    ///                 return String(decoding: try await body.collect(limit: 4096), as: UTF8.self)
    ///             }
    ///             return TokenResponse(accessToken: AccessToken(Secret(token)), lifetime: .seconds(3600))
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// - Parameter makeProvider: creates the provider with the client's transport.
    /// - Returns: the source.
    public static func tokenProvider(
        _ makeProvider: @escaping @Sendable (TokenContext) async throws -> any TokenProvider
    ) -> CredentialSource {
        CredentialSource { context in Opened(tokens: try await makeProvider(context)) }
    }

    /// No credential: requests have no access token. Only emulators accept them.
    public static let anonymous = CredentialSource { _ in Opened() }
}

extension CredentialSource.Opened {
    fileprivate init(_ credential: GoogleCredential, _ context: TokenContext) {
        tokens = credential.tokenProvider(context)
        project = {
            if case .metadataServer(let server) = credential { return try await server.fetchProject(context) }
            return credential.quotaProjectID
        }
    }
}
