import Crypto
import Foundation
package import GoogleHTTP

/// A PKCE code verifier (RFC 7636, method S256), which binds an authorization code to its request.
package struct ProofKey: Sendable, Hashable {
    /// The code verifier: 43 characters, 256 random bits.
    package let verifier: Secret

    package init() {
        verifier = Secret(randomText())
    }

    package init(verifier: Secret) {
        self.verifier = verifier
    }

    /// The code challenge: the verifier's SHA-256 in base64url.
    var challenge: String {
        base64URL(SHA256.hash(data: Data(verifier.reveal().utf8)))
    }
}

/// 256 bits of the system's random generator in base64url: 43 characters that need no percent-encoding.
func randomText() -> String {
    var generator = SystemRandomNumberGenerator()
    return base64URL((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}

/// URL-safe base64 without padding (RFC 4648 5).
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
