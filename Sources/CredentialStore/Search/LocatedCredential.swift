import GoogleHTTP
public import GoogleOAuth
import TextSupport

/// A credential, and where it was found.
public struct LocatedCredential: Sendable {
    /// The credential.
    public let credential: GoogleCredential
    /// The location, for reports: a path or the name of a variable. It is untrusted text.
    public let source: String
    /// Whether the user selected the location explicitly, so that the credential can be sent to a loopback endpoint.
    package internal(set) var isExplicit: Bool
    /// A warning about the location, such as a file that other users can read.
    public internal(set) var warning: String?
    /// The store that contains the credential. Only a store is ever written.
    package internal(set) var store: CredentialStore?
    /// The metadata of the credential in the store.
    package internal(set) var stored: StoredCredential?

    /// The client and the refresh token.
    ///
    /// - Throws: `OAuthError` with code `credentialsInvalid` for a credential of another type.
    package func authorizedUser() throws(OAuthError) -> AuthorizedUserCredential {
        guard let authorizedUser = credential.authorizedUser else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(source)) is not a client with a refresh token; its type is \(credential.kind)",
                detail: .notAuthorizedUser)
        }
        return authorizedUser
    }

    /// Whether the credential can be sent to a loopback endpoint: the user selected it explicitly, or its tokens are
    /// issued on this machine too.
    var isForLoopback: Bool { isExplicit || credential.isLocal }

    /// A provider that caches and renews the credential's access tokens.
    ///
    /// A rotated refresh token of a store is written there before the response is used, under a lock that other processes
    /// share. That of any other location is kept in memory only, with a warning.
    ///
    /// - Parameter context: the dependencies of token requests.
    /// - Returns: the provider.
    public func tokenProvider(_ context: TokenContext) -> any TokenProvider {
        guard let store, let authorizedUser = credential.authorizedUser else {
            return credential.tokenProvider(context)
        }
        let exchange = StoredTokenExchange(authorizedUser, in: store)
        // An exchange completes, since the token endpoint may already have replaced the refresh token.
        return RenewingTokenProvider(context, finishesUnawaited: true, awaitsRenewals: true) {
            try await exchange.fetchToken($0)
        }
    }
}

/// Exchanges the refresh token in a store, and stores a rotated one.
private actor StoredTokenExchange {
    private var credential: AuthorizedUserCredential
    private let store: CredentialStore

    init(_ credential: AuthorizedUserCredential, in store: CredentialStore) {
        self.credential = credential
        self.store = store
    }

    func fetchToken(_ context: TokenContext) async throws -> TokenResponse {
        // Held until the new token is stored: two processes that exchange the same token would invalidate each other's.
        try await store.withLock(clock: context.clock) {
            // Another process can have rotated the token; another login can have replaced the credential. A store that
            // has become unreadable does not invalidate the token in memory.
            let stored = (try? store.read()).flatMap { $0?.credential.clientID == credential.clientID ? $0 : nil }
            if let stored { credential = stored.credential }
            do {
                let response = try await credential.fetchToken(context)
                keep(response, of: stored, context)
                return response
            } catch let error as OAuthError {
                throw stored.map { error.explained(by: $0, at: context.now()) } ?? error
            }
        }
    }

    private func keep(_ response: TokenResponse, of stored: StoredCredential?, _ context: TokenContext) {
        if let rotated = response.refreshToken {
            do throws(OAuthError) {
                try store.replaceRefreshToken(credential.refreshToken, by: rotated)
            } catch {
                context.onWarning(
                    "\(credential.tokenEndpoint.host) replaced the refresh token, and the new one could not be stored: \(error.message); log in again when the old one has stopped working"
                )
            }
            credential.refreshToken = rotated
        }
        // Only explains later failures of the token, so that it need not succeed.
        if let stored {
            try? store.recordUse(of: stored, lifetime: response.refreshTokenLifetime, at: context.now())
        }
    }
}
