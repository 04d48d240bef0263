import Crypto
import CryptoExtras
import Foundation
import GoogleHTTP
import TextSupport

/// A service account's assertion: a JSON Web Token (RFC 7519), signed with RS256.
struct SignedAssertion: Encodable {
    /// The account's e-mail address.
    var iss: String
    /// The requested scopes, separated by spaces.
    var scope: String
    /// The token endpoint.
    var aud: String
    /// Its validity, at most an hour, in seconds since 1970.
    var iat: Int64
    var exp: Int64

    private struct Header: Encodable {
        var alg = "RS256"
        var typ = "JWT"
        var kid: String?
    }

    /// The validity of an assertion, in seconds.
    private static let lifetime: Int64 = 3600
    /// Clock-skew allowance subtracted from `iat`, in seconds.
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
        let encoder = JSONEncoder.canonical
        let text = base64URL(try encoder.encode(Header(kid: keyID))) + "." + base64URL(try encoder.encode(self))
        let signature = try key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
        return Secret("\(text).\(base64URL(signature.rawRepresentation))")
    }
}
