public import GoogleHTTP
import TextSupport

/// A credential that a consent granted.
public struct ConsentGrant: Sendable {
    /// The credential.
    public let credential: AuthorizedUserCredential
    /// The granted scopes.
    public let scopes: [String]
    /// The refresh token's lifetime, if it is limited, as while a consent screen is in "Testing".
    package let refreshTokenLifetime: Duration?
}

extension ConsentRequest {
    /// Exchanges the authorization code of this request for a refresh token with all requested scopes.
    ///
    /// - Parameters:
    ///   - code: the code in the redirect, which can be exchanged once.
    ///   - context: the dependencies of the request.
    /// - Returns: the credential.
    /// - Throws: ``OAuthError`` (`codeRejected`, `noRefreshToken`, `missingScope`, or another error of the token
    ///   endpoint), `HTTPError` or `CancellationError`.
    public func exchange(_ code: Secret, _ context: TokenContext) async throws -> ConsentGrant {
        let response = try await context.post(
            [
                "grant_type": "authorization_code", "code": code.reveal(), "client_id": client.id,
                "client_secret": client.secret.reveal(), "redirect_uri": redirectURI,
                "code_verifier": proofKey.verifier.reveal(),
            ], to: client.tokenEndpoint, exchange: .authorizationCode
        )
        // RFC 6749 5.1: a response without a scope grants the requested scopes.
        let granted = response.scopes ?? scopes
        let missing = missingScopes(granted: granted)
        guard missing.isEmpty else {
            throw OAuthError(
                code: .missingScope,
                message: "some permissions were not granted; missing: \(printable(missing.joined(separator: " ")))")
        }
        guard let refreshToken = response.refreshToken else {
            throw OAuthError(
                code: .noRefreshToken, message: "\(client.tokenEndpoint.host) sent no refresh token")
        }
        let credential = try AuthorizedUserCredential(
            clientID: client.id, clientSecret: client.secret, refreshToken: refreshToken,
            tokenURI: client.tokenEndpoint.description
        )
        return ConsentGrant(
            credential: credential, scopes: granted, refreshTokenLifetime: response.refreshTokenLifetime)
    }
}
