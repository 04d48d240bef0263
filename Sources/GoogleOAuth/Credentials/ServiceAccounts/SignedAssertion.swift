import Crypto
import CryptoExtras
import Foundation
import GoogleHTTP

/// What a service account says of itself, signed with its key: a JSON Web Token (RFC 7519) with RS256.
struct SignedAssertion: Encodable {
    /// The account's address.
    var iss: String
    /// What is asked for, with spaces between.
    var scope: String
    /// To whom it is said: the token endpoint.
    var aud: String
    /// From when to when it is good, in seconds since 1970; at most an hour.
    var iat: Int64
    var exp: Int64

    private struct Header: Encodable {
        var alg = "RS256"
        var typ = "JWT"
        var kid: String?
    }

    /// How long an assertion is good for, in seconds.
    private static let lifetime: Int64 = 3600
    /// How far this clock may be ahead, in seconds, without its assertions being from the future.
    private static let tolerance: Int64 = 10

    init(issuer: String, scopes: [String], audience: String, now: Date) {
        iss = issuer
        scope = scopes.joined(separator: " ")
        aud = audience
        iat = Int64(now.timeIntervalSince1970) - Self.tolerance
        exp = iat + Self.lifetime
    }

    /// The assertion in its compact form (RFC 7515 7.1).
    func signed(with key: _RSA.Signing.PrivateKey, keyID: String?) throws -> Secret {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = base64URL(try encoder.encode(Header(kid: keyID))) + "." + base64URL(try encoder.encode(self))
        let signature = try key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
        return Secret("\(text).\(base64URL(signature.rawRepresentation))")
    }
}
