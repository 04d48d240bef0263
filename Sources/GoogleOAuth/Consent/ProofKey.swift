import Crypto
import Foundation
import GoogleHTTP

/// The proof that who exchanges a code is who asked for it (PKCE, RFC 7636, method S256).
struct ProofKey: Sendable, Hashable {
    /// What is sent with the code: 43 characters, 256 random bits.
    let verifier: Secret

    init() {
        verifier = Secret(randomText())
    }

    init(verifier: Secret) {
        self.verifier = verifier
    }

    /// What is sent with the consent request: the verifier's SHA-256, in base64url.
    var challenge: String {
        base64URL(SHA256.hash(data: Data(verifier.reveal().utf8)))
    }
}

/// 256 bits from the system's random generator in base64url: 43 characters, none of which is encoded in a URL.
func randomText() -> String {
    var generator = SystemRandomNumberGenerator()
    return base64URL((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}

/// Bytes in base64 with the letters that may stand in a URL, without padding (RFC 4648 5).
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
