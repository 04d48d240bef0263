import Foundation
import GoogleHTTP

/// The answer of a token endpoint that brings an access token (RFC 6749 5.1).
struct TokenAnswer: Sendable {
    /// The token; printable ASCII only, so that it cannot break out of its header.
    var accessToken: AccessToken
    /// How long the token lives; `nil` if the answer says nothing that can be used.
    var lifetime: Duration?
    /// A refresh token that replaces the one that was sent.
    var refreshToken: Secret?

    /// The longest lifetime that is believed.
    private static let longestLifetime: Double = 24 * 3600

    private struct Members: Decodable {
        var access_token: String?
        var token_type: String?
        var refresh_token: String?
        var expires_in: Double?

        private enum CodingKeys: String, CodingKey {
            case access_token, token_type, refresh_token, expires_in
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            access_token = try? container.decode(String.self, forKey: .access_token)
            token_type = try container.decodeIfPresent(String.self, forKey: .token_type)
            refresh_token = try? container.decode(String.self, forKey: .refresh_token)
            expires_in =
                (try? container.decode(Double.self, forKey: .expires_in))
                ?? (try? container.decode(String.self, forKey: .expires_in)).flatMap(Double.init)
        }
    }

    /// Reads an answer.
    ///
    /// - Throws: ``OAuthError`` with code `unexpectedAnswer`.
    init(body: [UInt8], host: String) throws(OAuthError) {
        func unexpected(_ what: String) -> OAuthError {
            OAuthError(
                code: .unexpectedAnswer, message: "the answer of \(host) \(what)",
                hint: "check token_uri in the credentials, and whether a proxy answers in the place of Google"
            )
        }
        guard let members = try? JSONDecoder().decode(Members.self, from: Data(body)) else {
            throw unexpected("is not JSON of a token endpoint")
        }
        guard let token = members.access_token, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw unexpected("has no usable access_token")
        }
        guard (members.token_type ?? "Bearer").lowercased() == "bearer" else {
            throw unexpected("brings a token of type \(printable(members.token_type ?? "", limit: 40))")
        }
        accessToken = AccessToken(Secret(token))
        lifetime = members.expires_in.flatMap {
            $0.isFinite ? .seconds(min(max(0, $0), Self.longestLifetime)) : nil
        }
        refreshToken = members.refresh_token.flatMap { $0.isEmpty ? nil : Secret($0) }
    }
}
