import Foundation
import GoogleHTTP
import TextSupport

/// The addresses of Google that a credential may name, and those that belong to them.
enum GoogleAddress {
    static let token = "https://oauth2.googleapis.com/token"
    static let authorization = "https://accounts.google.com/o/oauth2/v2/auth"

    /// The hosts that exchange tokens; older guides use the latter two.
    private static let hosts: Set = ["oauth2.googleapis.com", "www.googleapis.com", "accounts.google.com"]

    /// Checks an address to which secrets or users would be sent: https on a host of Google, or this machine.
    ///
    /// - Parameter name: what the address is called where it stands, for example `token_uri`.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI`.
    static func trusted(_ address: String, name: String) throws(OAuthError) -> HTTPEndpoint {
        try trusted(address, name: name, hint: "leave \(name) out, which stands for Google's") {
            hosts.contains($0.host)
        }
    }

    private static func trusted(
        _ address: String, name: String, hint: String, isGoogle: (HTTPEndpoint) -> Bool
    ) throws(OAuthError) -> HTTPEndpoint {
        let endpoint: HTTPEndpoint
        do throws(HTTPError) {
            endpoint = try HTTPEndpoint(address)
        } catch {
            let reason = error.code == .insecureEndpoint ? "secrets are not sent there" : error.message
            throw untrusted(address, name: name, reason: reason, hint: hint)
        }
        guard endpoint.isLoopback || isGoogle(endpoint) else {
            throw untrusted(address, name: name, reason: "secrets are not sent there", hint: hint)
        }
        return endpoint
    }

    private static func untrusted(_ address: String, name: String, reason: String, hint: String) -> OAuthError {
        OAuthError(
            code: .untrustedTokenURI,
            message: "the credentials name \(printable(address, limit: 200)) as \(name): \(reason)", hint: hint)
    }

    /// A service of Google's that makes tokens of other credentials.
    enum Service: String {
        case securityTokens = "sts"
        case accountCredentials = "iamcredentials"

        /// Whether it answers at a host, in one of the forms that Google gives to its services: `sts.googleapis.com`, of
        /// a region `us-east1-sts.googleapis.com`, `sts.us-east1.rep.googleapis.com` and the like, private
        /// `sts-name.p.googleapis.com`.
        func answers(at host: String) -> Bool {
            guard host.hasSuffix(".googleapis.com") else { return false }
            var labels = host.split(separator: ".", omittingEmptySubsequences: false).dropLast(2)
            let isName = { (label: Substring) in
                !label.isEmpty
                    && label.utf8.allSatisfy {
                        $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0)
                    }
            }
            guard labels.allSatisfy(isName) else { return false }
            if labels.count > 1, ["rep", "p"].contains(labels.last) { labels.removeLast() }
            switch labels.count {
            case 1:
                return labels[0] == rawValue || labels[0].hasPrefix(rawValue + "-")
                    || labels[0].hasSuffix("-" + rawValue)
            case 2: return labels.contains(rawValue[...])
            default: return false
            }
        }
    }

    /// Checks an address to which a credential would be sent: https at a service of Google's, or this machine.
    ///
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI`.
    static func trusted(_ address: String, name: String, at service: Service) throws(OAuthError) -> HTTPEndpoint {
        try trusted(
            address, name: name,
            hint: "make the file again with gcloud; \(name) begins with https://\(service.rawValue).googleapis.com"
        ) { service.answers(at: $0.host) }
    }

    /// A service beside a token endpoint: Google's, or the one of the same server where that is on this machine.
    static func service(_ name: String, beside token: HTTPEndpoint) -> String {
        "\(token.isLoopback ? token.origin : "https://oauth2.googleapis.com")/\(name)"
    }
}
