import Crypto
import CryptoExtras
import Foundation

/// A JSON Web Token in compact serialization (RFC 7515), not verified.
struct JSONWebToken: Sendable {
    let header: JSONObject
    let claims: JSONObject
    private let signedText: String
    private let signature: Data

    /// The clock-skew allowance for `iat`, in seconds.
    private static let clockSkew: Int64 = 60
    private static let maximumLifetime: Int64 = 3600

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Data(base64URLEncoded: parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signedText = "\(parts[0]).\(parts[1])"
    }

    /// Whether the token is signed with the key, using RS256.
    func isSigned(with key: SigningKey) -> Bool {
        header["alg"]?.string == "RS256" && [nil, key.id].contains(header["kid"]?.string)
            && key.isSignature(signature, of: signedText)
    }

    /// Whether the token is valid now, and for an hour at most.
    var isCurrent: Bool {
        guard let begin = claims["iat"]?.integer, let end = claims["exp"]?.integer else { return false }
        let now = Int64(Date().timeIntervalSince1970)
        return begin <= now + Self.clockSkew && end > now && end - begin <= Self.maximumLifetime
    }

    /// The JSON object in a part; `nil` if it does not exist.
    private static func object(_ part: Substring) -> JSONObject? {
        Data(base64URLEncoded: part).flatMap { try? JSONParser.parse(Array($0)).object }
    }
}

extension Data {
    init?(base64URLEncoded part: Substring) {
        let text = String(part).replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4))
    }
}

/// The RSA key pair of all emulators in the process. Generated on first use, because that is slow.
struct SigningKey: Sendable {
    let id = "emulator-key"
    private let key: _RSA.Signing.PrivateKey

    /// `nil` if the system cannot generate keys.
    static let shared = try? SigningKey()

    private init() throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    }

    /// The private key in Google's format: PEM, PKCS #8.
    var pem: String { key.pkcs8PEMRepresentation + "\n" }

    func isSignature(_ signature: Data, of text: String) -> Bool {
        key.publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: Data(text.utf8)),
            padding: .insecurePKCS1v1_5)
    }

    /// Signs claims as a JSON Web Token in compact serialization.
    func sign(_ claims: JSONObject) throws -> String {
        let header: JSONObject = ["alg": "RS256", "kid": .string(id), "typ": "JWT"]
        let text = "\(Data(header.indented).base64URLEncoded).\(Data(claims.indented).base64URLEncoded)"
        let signature = try key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
        return "\(text).\(signature.rawRepresentation.base64URLEncoded)"
    }
}
