import Foundation

/// A JSON Web Token in its compact form (RFC 7515), not checked yet.
struct JSONWebToken: Sendable {
    let header: JSONObject
    let claims: JSONObject
    private let signedText: String
    private let signature: Data

    /// How far the clocks of those who sign may be ahead, in seconds.
    private static let tolerance: Int64 = 60
    private static let longestLifetime: Int64 = 3600

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

    /// Whether it is signed by RS256 with a key, and says so.
    func isSigned(with key: SigningKey) -> Bool {
        header["alg"]?.string == "RS256" && [nil, key.id].contains(header["kid"]?.string)
            && key.isSignature(signature, of: signedText)
    }

    /// Whether it is good now, and for an hour at most.
    var isTimely: Bool {
        guard let begin = claims["iat"]?.integer, let end = claims["exp"]?.integer else { return false }
        let now = Int64(Date().timeIntervalSince1970)
        return begin <= now + Self.tolerance && end > now && end - begin <= Self.longestLifetime
    }

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
