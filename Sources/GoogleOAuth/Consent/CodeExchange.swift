public import Foundation
public import GoogleHTTP
import TextSupport

/// Exchanges the code of a consent for a refresh token.
public struct CodeExchange: Sendable {
    private let context: TokenContext

    /// Makes an exchange.
    ///
    /// - Parameters:
    ///   - retry: how a failed exchange is repeated. Defaults to `RetryPolicy.tokenEndpoint`.
    ///   - clock: measures waits.
    ///   - onRetry: told about each repetition.
    public init(
        transport: any HTTPTransport, retry: RetryPolicy = .tokenEndpoint,
        clock: any Clock<Duration> = ContinuousClock(),
        onRetry: @escaping @Sendable (RetryAttempt) -> Void = { _ in }
    ) {
        context = TokenContext(transport: transport, retry: retry, clock: clock, onRetry: onRetry)
    }

    /// Exchanges a code, and checks that it brought what was asked for: a refresh token and all scopes.
    ///
    /// - Parameter now: the time at which the credential is said to have been made.
    /// - Throws: ``OAuthError`` (`codeRejected`, `noRefreshToken`, `missingScope`, or what the token endpoint
    ///   answers), `HTTPError` or `CancellationError`.
    public func exchange(_ code: Secret, for request: ConsentRequest, now: Date = Date()) async throws
        -> StoredCredential
    {
        let client = request.client
        let endpoint = TokenEndpoint(address: client.tokenEndpoint, context: context)
        let answer = try await endpoint.post(
            [
                "grant_type": "authorization_code", "code": code.reveal(), "client_id": client.id,
                "client_secret": client.secret.reveal(), "redirect_uri": request.redirectURI,
                "code_verifier": request.proofKey.verifier.reveal(),
            ], exchange: .authorizationCode
        )
        // RFC 6749 5.1: an answer without a scope grants what was asked for.
        let scopes = answer.scopes ?? request.scopes
        let missing = request.missingScopes(granted: scopes)
        guard missing.isEmpty else {
            throw OAuthError(
                code: .missingScope,
                message: "not everything was allowed; missing: \(printable(missing.joined(separator: " ")))",
                hint: "start again, and leave all boxes ticked on the page that asks"
            )
        }
        guard let refreshToken = answer.refreshToken else {
            throw OAuthError(
                code: .noRefreshToken, message: "\(client.tokenEndpoint.host) sent no refresh token",
                hint: "remove the client at https://myaccount.google.com/connections, then start again"
            )
        }
        let credential = try AuthorizedUserCredential(
            clientID: client.id, clientSecret: client.secret, refreshToken: refreshToken,
            tokenURI: client.tokenEndpoint.description
        )
        var stored = StoredCredential(credential, stored: now)
        stored.scopes = scopes
        stored.client = .init(
            kind: client.kind, redirectURIs: client.redirectURIs,
            authorizationURI: client.authorizationEndpoint.description, redirectURI: nil
        )
        stored.isOwnGrant = true
        stored.refreshTokenEnd = answer.refreshTokenLifetime.map { now.addingTimeInterval($0 / .seconds(1)) }
        return stored
    }
}

extension CodeExchange {
    /// Exchanges a code as above, and stores what it brought for the project and endpoint of the pending consent.
    ///
    /// A token that cannot be stored is revoked.
    /// - Throws: what ``exchange(_:for:now:)`` throws, and ``OAuthError`` with code `cannotStore`,
    ///   `unsafePermissions` or `storeLocked`.
    public func exchange(
        _ code: Secret, for pending: PendingConsent, storingIn store: CredentialStore, now: Date = Date()
    ) async throws -> StoredCredential {
        var stored = try await exchange(code, for: pending.request, now: now)
        stored.credential.quotaProjectID = pending.project
        stored.endpoint = pending.endpoint
        if pending.keepsRedirectURI { stored.client?.redirectURI = pending.request.redirectURI }
        do {
            try await store.write(stored, clock: context.clock)
        } catch {
            // Nobody has it now, and so nobody could ever take it back.
            let (credential, context) = (stored.credential, context)
            _ = await withTimeout(.seconds(2), clock: context.clock) {
                try? await credential.revoke(transport: context.transport, retry: context.retry, clock: context.clock)
            }
            throw error
        }
        return stored
    }
}
