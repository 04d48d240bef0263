import Foundation
public import GoogleHTTP

/// What Google says about an access token.
public struct TokenInfo: Sendable {
    /// The scopes that were granted.
    public var scopes: [String]
    /// The client that the token was made for.
    public var audience: String?
    /// The account's address, if a scope allows to know it.
    public var email: String?
    /// How long the token lives.
    public var lifetime: Duration?

    private struct Members: Decodable {
        var scope: String?
        var aud: String?
        var azp: String?
        var email: String?
        var expires_in: String?

        private enum CodingKeys: String, CodingKey {
            case scope, aud, azp, email, expires_in
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            scope = try container.decodeIfPresent(String.self, forKey: .scope)
            aud = try? container.decode(String.self, forKey: .aud)
            azp = try? container.decode(String.self, forKey: .azp)
            email = try? container.decode(String.self, forKey: .email)
            expires_in =
                (try? container.decode(String.self, forKey: .expires_in))
                ?? (try? container.decode(Int.self, forKey: .expires_in)).map(String.init)
        }
    }

    /// Asks about a token; it travels in the body, not in the address.
    ///
    /// - Parameter tokenEndpoint: where the token is from. What is not Google's is asked beside it.
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    public static func fetch(
        of token: AccessToken, from tokenEndpoint: HTTPEndpoint, transport: any HTTPTransport
    ) async throws -> TokenInfo {
        let request = HTTPRequest.form(
            GoogleAddress.service("tokeninfo", beside: tokenEndpoint), ["access_token": token.value.reveal()]
        )
        return try await transport.exchange(request) { head, body in
            let bytes = try await body.collect(limit: 64 * 1024)
            guard head.isSuccess else {
                throw OAuthError(status: head.status, body: bytes, host: tokenEndpoint.host)
            }
            guard let members = try? JSONDecoder().decodeUnambiguous(Members.self, from: bytes),
                let scope = members.scope
            else {
                throw OAuthError(
                    code: .unexpectedAnswer,
                    message: "\(tokenEndpoint.host) says nothing about the token that can be read"
                )
            }
            return TokenInfo(
                scopes: scopeList(scope), audience: members.aud ?? members.azp, email: members.email,
                lifetime: members.expires_in.flatMap(Int64.init).map { .seconds($0) }
            )
        }
    }
}
