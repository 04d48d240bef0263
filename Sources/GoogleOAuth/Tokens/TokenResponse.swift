import Foundation
import GoogleHTTP
import TextSupport

/// The answer of a token endpoint that brings an access token (RFC 6749 5.1).
public struct TokenResponse: Sendable {
    /// The token.
    public let accessToken: AccessToken
    /// How long the token lives, at most 24 h; `nil` if the answer says nothing that can be used.
    public let lifetime: Duration?
    /// The scopes that were granted; `nil` if the answer does not tell.
    public let scopes: [String]?
    /// A refresh token that replaces the one that was sent.
    let refreshToken: Secret?
    /// How long the refresh token lives; only told where that is limited, as while a consent screen is in "Testing".
    let refreshTokenLifetime: Duration?

    /// The longest lifetime of an access token that is believed, in seconds.
    private static let longestLifetime: Double = 24 * 3600

    private struct Members: Decodable {
        var access_token: String?
        var token_type: String?
        var refresh_token: String?
        var expires_in: Double?
        var refresh_token_expires_in: Double?
        var scope: String?

        private enum CodingKeys: String, CodingKey {
            case access_token, token_type, refresh_token, expires_in, refresh_token_expires_in, scope
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            func seconds(_ key: CodingKeys) -> Double? {
                (try? container.decode(Double.self, forKey: key))
                    ?? (try? container.decode(String.self, forKey: key)).flatMap(Double.init)
            }
            access_token = try? container.decode(String.self, forKey: .access_token)
            token_type = try container.decodeIfPresent(String.self, forKey: .token_type)
            refresh_token = try? container.decode(String.self, forKey: .refresh_token)
            expires_in = seconds(.expires_in)
            refresh_token_expires_in = seconds(.refresh_token_expires_in)
            scope = try? container.decode(String.self, forKey: .scope)
        }
    }

    /// Makes an answer of a token that came in another way.
    ///
    /// - Parameters:
    ///   - lifetime: how long the token lives; at most 24 h are believed. `nil` if that is not known.
    ///   - scopes: what the token is good for, if that is known.
    public init(accessToken: AccessToken, lifetime: Duration? = nil, scopes: [String]? = nil) {
        self.accessToken = accessToken
        self.lifetime = lifetime.flatMap { Self.lifetime(seconds: $0 / .seconds(1)) }
        self.scopes = scopes
        refreshToken = nil
        refreshTokenLifetime = nil
    }

    /// - Parameter seconds: how long the token lives, as somebody says; `nil` if nobody does.
    init(accessToken: AccessToken, seconds: Double?, scopes: [String]? = nil) {
        self.init(accessToken: accessToken, lifetime: seconds.flatMap { Self.lifetime(seconds: $0) }, scopes: scopes)
    }

    private static func lifetime(seconds: Double) -> Duration? {
        seconds.isFinite ? .seconds(min(max(0, seconds), longestLifetime)) : nil
    }

    /// Reads an answer.
    ///
    /// - Throws: ``OAuthError`` with code `unexpectedAnswer`.
    init(body: [UInt8], host: String) throws(OAuthError) {
        func unexpected(_ what: String) -> OAuthError {
            OAuthError(
                code: .unexpectedAnswer, message: "the answer of \(host) \(what)",
                hint: OAuthError.hint(.unexpectedAnswer)
            )
        }
        let members: Members
        do {
            members = try JSONDecoder().decodeUnambiguous(Members.self, from: body)
        } catch let duplicate as DuplicateMember {
            throw unexpected("has the member \(printable(duplicate.name, limit: 40)) twice")
        } catch {
            throw unexpected("is not JSON of a token endpoint")
        }
        guard let token = members.access_token.flatMap(AccessToken.init(checking:)) else {
            throw unexpected("has no usable access_token")
        }
        guard (members.token_type ?? "Bearer").lowercased() == "bearer" else {
            throw unexpected("brings a token of type \(printable(members.token_type ?? "", limit: 40))")
        }
        accessToken = token
        lifetime = members.expires_in.flatMap { Self.lifetime(seconds: $0) }
        scopes = members.scope.map(scopeList)
        refreshToken = members.refresh_token.flatMap { $0.isEmpty ? nil : Secret($0) }
        // More than a century is no limit, and would not fit everywhere.
        refreshTokenLifetime = members.refresh_token_expires_in.flatMap {
            (1...3_200_000_000).contains($0) ? .seconds($0) : nil
        }
    }
}

/// The scopes in a space-separated list.
func scopeList(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
}
