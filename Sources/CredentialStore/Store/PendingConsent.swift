import Foundation
public import GoogleHTTP
public import GoogleOAuth
import TextSupport

/// A consent request whose code has not been exchanged, with the settings to store with its credential.
public struct PendingConsent: Sendable {
    package var request: ConsentRequest
    package var project: String?
    package var endpoint: String?
    package var keepsRedirectURI: Bool

    /// Creates a pending consent.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - project: the billing project. Defaults to none.
    ///   - endpoint: the BigQuery endpoint of the credential. Defaults to Google's.
    ///   - keepsRedirectURI: whether the next consent reuses the redirect URI. Defaults to `false`, for a port that was
    ///     chosen at random.
    public init(
        _ request: ConsentRequest, project: String? = nil, endpoint: String? = nil, keepsRedirectURI: Bool = false
    ) {
        self.request = request
        self.project = project
        self.endpoint = endpoint
        self.keepsRedirectURI = keepsRedirectURI
    }
}

extension CredentialStore {
    /// The file of a pending consent. It contains the code verifier and the client secret.
    private struct ConsentFile: Codable {
        var clientID: String
        var clientSecret: String
        var client: StoredCredential.Client
        var tokenURI: String
        var redirectURI: String
        var scopes: [String]
        var state: String
        var verifier: String
        var project: String?
        var endpoint: String?
        var keepsRedirectURI: Bool
    }

    var consentFile: PrivateFile { PrivateFile(path: folder + "/consent.json") }

    /// Writes a pending consent to a private file, replacing a previous one.
    ///
    /// - Throws: `OAuthError` with code `cannotStore` or `unsafePermissions`.
    package func keep(_ pending: PendingConsent) throws(OAuthError) {
        let (request, client) = (pending.request, pending.request.client)
        let file = ConsentFile(
            clientID: client.id, clientSecret: client.secret.reveal(), client: .init(client),
            tokenURI: client.tokenEndpoint.description, redirectURI: request.redirectURI, scopes: request.scopes,
            state: request.state, verifier: request.proofKey.verifier.reveal(), project: pending.project,
            endpoint: pending.endpoint, keepsRedirectURI: pending.keepsRedirectURI
        )
        try consentFile.write(try CredentialFile.encode(file))
    }

    /// Reads the pending consent.
    ///
    /// - Throws: `OAuthError` with code `noPendingConsent` if none is pending, `cannotStore`, `unsafePermissions`,
    ///   `credentialsInvalid`, `redirectMismatch` or `untrustedTokenURI` for an unusable file.
    package func pendingConsent() throws(OAuthError) -> PendingConsent {
        // A damaged file is like a missing one: both need a new consent.
        guard let bytes = try consentFile.read(),
            let file = try? CredentialFile.decode(ConsentFile.self, from: bytes)
        else { throw Self.noPendingConsent }
        let client = try OAuthClient(
            id: file.clientID, secret: Secret(file.clientSecret), kind: file.client.kind,
            redirectURIs: file.client.redirectURIs, authorizationURI: file.client.authorizationURI,
            tokenURI: file.tokenURI
        )
        let request = try ConsentRequest(
            client: client, redirectURI: file.redirectURI, scopes: file.scopes, state: file.state,
            proofKey: ProofKey(verifier: Secret(file.verifier))
        )
        return PendingConsent(
            request, project: file.project, endpoint: file.endpoint, keepsRedirectURI: file.keepsRedirectURI
        )
    }

    /// Removes the pending consent before its single use.
    ///
    /// - Throws: `OAuthError` with code `noPendingConsent` if another process has used it, or `cannotStore`.
    package func usePendingConsent() throws(OAuthError) {
        guard try consentFile.remove() else { throw Self.noPendingConsent }
    }

    private static let noPendingConsent = OAuthError(
        code: .noPendingConsent, message: "no consent request is pending; each can be used once")

    /// Exchanges the authorization code of a pending consent, and stores the credential.
    ///
    /// A refresh token that cannot be stored is revoked.
    ///
    /// - Parameters:
    ///   - code: the authorization code, which can be exchanged once.
    ///   - pending: the consent.
    ///   - context: the dependencies of the request.
    /// - Returns: the stored credential.
    /// - Throws: the errors of `ConsentRequest.exchange(_:_:)`, and `OAuthError` with code `cannotStore`,
    ///   `unsafePermissions` or `storeLocked`.
    public func exchange(
        _ code: Secret, for pending: PendingConsent, _ context: TokenContext
    ) async throws -> StoredCredential {
        let grant = try await pending.request.exchange(code, context)
        var stored = StoredCredential(grant.credential, stored: context.now())
        stored.scopes = grant.scopes
        stored.client = .init(pending.request.client)
        stored.isOwnGrant = true
        stored.refreshTokenEnd = grant.refreshTokenLifetime.map { context.now().advanced(by: $0) }
        stored.credential.quotaProjectID = pending.project
        stored.endpoint = pending.endpoint
        if pending.keepsRedirectURI { stored.client?.redirectURI = pending.request.redirectURI }
        do {
            try await write(stored, clock: context.clock)
        } catch {
            // No process has the token any more, so that it could never be revoked later. If that fails too, the first
            // error is the cause.
            _ = await withTimeout(.seconds(2), clock: context.clock) { try? await grant.credential.revoke(context) }
            throw error
        }
        return stored
    }
}
