import Foundation
import GoogleHTTP

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
        guard let endpoint = try? HTTPEndpoint(address),
            endpoint.isLoopback || hosts.contains(endpoint.host)
        else {
            throw OAuthError(
                code: .untrustedTokenURI,
                message:
                    "the credentials name \(printable(address, limit: 200)) as \(name), and secrets are not sent there",
                hint: "leave \(name) out, which stands for Google's"
            )
        }
        return endpoint
    }

    /// A service beside a token endpoint: Google's, or the one of the same server where that is on this machine.
    static func service(_ name: String, beside token: HTTPEndpoint) -> String {
        "\(token.isLoopback ? token.origin : "https://oauth2.googleapis.com")/\(name)"
    }
}
