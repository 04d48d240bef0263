import Foundation
package import GoogleHTTP

/// Information about an access token, from the token information endpoint.
package struct TokenInfo: Sendable {
    /// The scopes that were granted.
    package var scopes: [String]
    /// The client that the token was issued to.
    package var audience: String?
    /// The account's e-mail address, if a scope permits it.
    package var email: String?
    /// The remaining lifetime.
    package var lifetime: Duration?

    private struct Members: Decodable {
        var scope: String?
        var aud: String?
        var azp: String?
        var email: String?
        var expiresIn: String?

        private enum CodingKeys: String, CodingKey {
            case scope, aud, azp, email
            case expiresIn = "expires_in"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            scope = try container.decodeIfPresent(String.self, forKey: .scope)
            // Only reported, so that a value of another type is like a missing one.
            aud = try? container.decode(String.self, forKey: .aud)
            azp = try? container.decode(String.self, forKey: .azp)
            email = try? container.decode(String.self, forKey: .email)
            expiresIn =
                (try? container.decode(String.self, forKey: .expiresIn))
                ?? (try? container.decode(Int.self, forKey: .expiresIn)).map(String.init)
        }
    }

    /// Requests information about a token. The token is sent in the body, not in the URL.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - tokenEndpoint: the endpoint that issued the token. For an endpoint on this machine, the request goes to the
    ///     same server.
    ///   - transport: sends the request.
    /// - Returns: the information.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    package static func fetch(
        of token: AccessToken, from tokenEndpoint: HTTPEndpoint, transport: any HTTPTransport
    ) async throws -> TokenInfo {
        let request = HTTPRequest.form(
            GoogleAddress.service("tokeninfo", nextTo: tokenEndpoint), ["access_token": token.value.reveal()]
        )
        return try await transport.exchange(request) { head, body in
            let bytes = try await body.collect(limit: 64 * 1024)
            guard head.isSuccess else {
                throw OAuthError(status: head.status, body: bytes, host: tokenEndpoint.host)
            }
            // The decoder's error could quote the response.
            guard let members = try? JSONDecoder().decodeUnambiguous(Members.self, from: bytes),
                let scope = members.scope
            else {
                throw OAuthError(
                    code: .unexpectedAnswer,
                    message: "the token information of \(tokenEndpoint.host) cannot be read"
                )
            }
            return TokenInfo(
                scopes: scopeList(scope), audience: members.aud ?? members.azp, email: members.email,
                lifetime: members.expiresIn.flatMap(Int64.init).map { .seconds($0) }
            )
        }
    }
}
