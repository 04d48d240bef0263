import Foundation
import GoogleHTTP
import TextSupport

/// Google's OAuth URLs, and the check of URLs in credentials.
enum GoogleAddress {
    static let token = "https://oauth2.googleapis.com/token"
    static let authorization = "https://accounts.google.com/o/oauth2/v2/auth"

    /// The hosts that exchange tokens; older guides use the latter two.
    private static let hosts: Set = ["oauth2.googleapis.com", "www.googleapis.com", "accounts.google.com"]

    /// Checks a URL to which secrets or users are sent: https on a Google host, or loopback.
    ///
    /// - Parameters:
    ///   - address: the URL.
    ///   - name: the member of the file that contains it, for example `token_uri`.
    /// - Returns: the endpoint.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI`.
    static func trusted(_ address: String, name: String) throws(OAuthError) -> HTTPEndpoint {
        try trusted(address, name: name, expected: nil) { hosts.contains($0.host) }
    }

    private static func trusted(
        _ address: String, name: String, expected: String?, isGoogle: (HTTPEndpoint) -> Bool
    ) throws(OAuthError) -> HTTPEndpoint {
        var reason = "secrets are not sent there"
        do throws(HTTPError) {
            let endpoint = try HTTPEndpoint(address)
            if endpoint.isLoopback || isGoogle(endpoint) { return endpoint }
        } catch {
            if error.code != .insecureEndpoint { reason = error.message }
        }
        throw OAuthError(
            code: .untrustedTokenURI,
            message: "the credential names \(printable(address, limit: 200)) as \(name): \(reason)",
            detail: .untrustedURL(member: name, expected: expected))
    }

    /// A Google service that issues tokens for other credentials.
    enum Service: String {
        case securityTokens = "sts"
        case accountCredentials = "iamcredentials"

        /// Whether a host belongs to the service: `sts.googleapis.com`, regional `us-east1-sts.googleapis.com` or
        /// `sts.us-east1.rep.googleapis.com`, private `sts-name.p.googleapis.com`.
        func owns(_ host: String) -> Bool {
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

    /// Checks a URL to which a credential is sent: https at a Google service, or loopback.
    ///
    /// - Parameters:
    ///   - address: the URL.
    ///   - name: the member of the file that contains it.
    ///   - service: the expected service.
    /// - Returns: the endpoint.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI`.
    static func trusted(_ address: String, name: String, at service: Service) throws(OAuthError) -> HTTPEndpoint {
        try trusted(address, name: name, expected: "https://\(service.rawValue).googleapis.com") { endpoint in
            service.owns(endpoint.host)
        }
    }

    /// The URL of a service next to a token endpoint: on the same server if that is loopback, else Google's.
    static func service(_ name: String, nextTo token: HTTPEndpoint) -> String {
        "\(token.isLoopback ? token.origin : "https://oauth2.googleapis.com")/\(name)"
    }
}
