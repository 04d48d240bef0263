import Crypto
import Foundation

/// What only the program that asked for a code can answer (RFC 7636).
struct CodeChallenge: Sendable {
    private enum Method: String {
        case plain
        case s256 = "S256"
    }

    private let text: String
    private let method: Method

    init(_ text: String, method: String?) throws(OAuthError) {
        guard let method = Method(rawValue: method ?? Method.plain.rawValue) else {
            throw OAuthError("invalid_request", "Invalid value for parameter: code_challenge_method")
        }
        self.text = text
        self.method = method
    }

    func check(verifier: String?) throws(OAuthError) {
        guard let verifier else { throw OAuthError("invalid_grant", "Missing code verifier.") }
        let answer =
            switch method {
            case .plain: verifier
            case .s256: Data(SHA256.hash(data: Data(verifier.utf8))).base64URLEncoded
            }
        guard answer == text else { throw OAuthError("invalid_grant", "Invalid code verifier.") }
    }
}

extension Data {
    var base64URLEncoded: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
