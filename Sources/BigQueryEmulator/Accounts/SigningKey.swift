import Crypto
import CryptoExtras
import Foundation

/// The one RSA key with which emulators sign and are signed to, made when it is first needed and for as long as the
/// process lives: making one takes a while.
struct SigningKey: Sendable {
    let id = "emulator-key"
    private let key: _RSA.Signing.PrivateKey

    /// `nil` only where the system makes no keys.
    static let shared = try? SigningKey()

    private init() throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    }

    /// The key as Google's console hands it out: PEM, PKCS#8.
    var pem: String { key.pkcs8PEMRepresentation + "\n" }

    func isSignature(_ signature: Data, of text: String) -> Bool {
        key.publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: Data(text.utf8)),
            padding: .insecurePKCS1v1_5)
    }

    /// A JSON Web Token in its compact form.
    func sign(_ claims: JSONObject) throws -> String {
        let header: JSONObject = ["alg": "RS256", "kid": .string(id), "typ": "JWT"]
        let text = "\(Data(header.indented).base64URLEncoded).\(Data(claims.indented).base64URLEncoded)"
        let signature = try key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5)
        return "\(text).\(signature.rawRepresentation.base64URLEncoded)"
    }
}
