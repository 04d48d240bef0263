import Foundation
public import GoogleHTTP
import TextSupport

/// An access token.
public struct AccessToken: Sendable, Hashable {
    /// The token.
    public let value: Secret

    /// Wraps a token.
    ///
    /// - Parameter value: the token, without a type such as `Bearer`.
    public init(_ value: Secret) {
        self.value = value
    }

    /// Wraps a token from outside. `nil` unless it is printable ASCII, so that it cannot break out of its header.
    init?(checking text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self.init(Secret(text))
    }

    /// The value of the `Authorization` header.
    package var authorization: Secret { Secret("Bearer \(value.reveal())") }
}

/// A response of a token endpoint that contains an access token (RFC 6749 5.1).
public struct TokenResponse: Sendable {
    /// The token.
    public let accessToken: AccessToken
    /// The token's lifetime, capped at 24 h; `nil` if the response contains no usable one.
    public let lifetime: Duration?
    /// The granted scopes; `nil` if the response does not list them.
    public let scopes: [String]?
    /// A refresh token that replaces the one that was sent.
    package let refreshToken: Secret?
    /// The refresh token's lifetime, if it is limited, as while a consent screen is in "Testing".
    package let refreshTokenLifetime: Duration?

    /// The cap on an access token's lifetime, in seconds.
    private static let longestLifetime: Double = 24 * 3600

    private struct Members: Decodable {
        var accessToken: String?
        var tokenType: String?
        var refreshToken: String?
        var expiresIn: Double?
        var refreshTokenExpiresIn: Double?
        var scope: String?

        private enum CodingKeys: String, CodingKey {
            case scope
            case accessToken = "access_token"
            case tokenType = "token_type"
            case refreshToken = "refresh_token"
            case expiresIn = "expires_in"
            case refreshTokenExpiresIn = "refresh_token_expires_in"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            // A value of another type is like a missing one: unusable, or optional.
            func seconds(_ key: CodingKeys) -> Double? {
                (try? container.decode(Double.self, forKey: key))
                    ?? (try? container.decode(String.self, forKey: key)).flatMap(Double.init)
            }
            accessToken = try? container.decode(String.self, forKey: .accessToken)
            tokenType = try container.decodeIfPresent(String.self, forKey: .tokenType)
            refreshToken = try? container.decode(String.self, forKey: .refreshToken)
            expiresIn = seconds(.expiresIn)
            refreshTokenExpiresIn = seconds(.refreshTokenExpiresIn)
            scope = try? container.decode(String.self, forKey: .scope)
        }
    }

    /// Creates a response for a token from another source.
    ///
    /// - Parameters:
    ///   - accessToken: the token.
    ///   - lifetime: the token's lifetime, capped at 24 h; `nil`, the default, if it is unknown.
    ///   - scopes: the token's scopes; `nil`, the default, if they are unknown.
    public init(accessToken: AccessToken, lifetime: Duration? = nil, scopes: [String]? = nil) {
        self.accessToken = accessToken
        self.lifetime = lifetime.flatMap { Self.lifetime(seconds: $0 / .seconds(1)) }
        self.scopes = scopes
        refreshToken = nil
        refreshTokenLifetime = nil
    }

    /// Creates a response from an untrusted lifetime in seconds.
    init(accessToken: AccessToken, seconds: Double?, scopes: [String]? = nil) {
        self.init(accessToken: accessToken, lifetime: seconds.flatMap { Self.lifetime(seconds: $0) }, scopes: scopes)
    }

    private static func lifetime(seconds: Double) -> Duration? {
        seconds.isFinite ? .seconds(min(max(0, seconds), longestLifetime)) : nil
    }

    /// Reads a response body.
    ///
    /// - Throws: ``OAuthError`` with code `unexpectedAnswer`.
    init(body: [UInt8], host: String) throws(OAuthError) {
        func unexpected(_ what: String) -> OAuthError {
            OAuthError(code: .unexpectedAnswer, message: "the response of \(host) \(what)")
        }
        let members: Members
        do {
            members = try JSONDecoder().decodeUnambiguous(Members.self, from: body)
        } catch let duplicate as DuplicateMember {
            throw unexpected("has the duplicate member \(printable(duplicate.name, limit: 40))")
        } catch {
            throw unexpected("is not the JSON of a token endpoint")
        }
        guard let token = members.accessToken.flatMap(AccessToken.init(checking:)) else {
            throw unexpected("has no usable access_token")
        }
        guard (members.tokenType ?? "Bearer").lowercased() == "bearer" else {
            throw unexpected("contains a token of type \(printable(members.tokenType ?? "", limit: 40))")
        }
        accessToken = token
        lifetime = members.expiresIn.flatMap { Self.lifetime(seconds: $0) }
        scopes = members.scope.map(scopeList)
        refreshToken = members.refreshToken.flatMap { $0.isEmpty ? nil : Secret($0) }
        // A lifetime of more than a century is not a limit, and could overflow a date.
        refreshTokenLifetime = members.refreshTokenExpiresIn.flatMap {
            (1...3_200_000_000).contains($0) ? .seconds($0) : nil
        }
    }
}

/// The scopes in a space-separated list.
func scopeList(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
}
