import AsyncHTTPClient
import Foundation

/// The proxy through which https goes (by CONNECT), as the usual environment variables name it.
///
/// Addresses of this machine are never asked for through a proxy.
public struct HTTPProxy: Sendable {
    /// The proxy's host.
    public let host: String
    /// The proxy's port.
    public let port: Int
    private let user: String?
    private let password: Secret
    private let exceptions: [String]

    /// Reads `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` or `all_proxy`, the first that is set, and `NO_PROXY` or
    /// `no_proxy`: host names, each of which stands for its subdomains too, or `*`.
    ///
    /// - Returns: `nil` if no variable is set.
    /// - Throws: ``HTTPError`` with code `proxy` if it names no http proxy.
    public init?(environment: [String: String]) throws(HTTPError) {
        func value(_ names: [String]) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        guard let text = value(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else { return nil }
        let parts = URLComponents(string: text.contains("://") ? text : "http://" + text)
        guard let parts, parts.scheme == "http", let host = parts.host, !host.isEmpty else {
            // The address is not repeated, since it may hold a password.
            throw HTTPError(
                code: .proxy, message: "the proxy in the environment has no address that can be used",
                hint: "set HTTPS_PROXY to http://HOST:PORT, or unset it"
            )
        }
        self.host = host
        port = parts.port ?? 80
        user = parts.user
        password = Secret(parts.password ?? "")
        exceptions = (value(["NO_PROXY", "no_proxy"]) ?? "").split(separator: ",").map {
            let name = $0.trimmingCharacters(in: .whitespaces).lowercased()
            return name.hasPrefix(".") ? String(name.dropFirst()) : name
        }
    }

    /// Whether requests to a host go through the proxy.
    func serves(_ host: String) -> Bool {
        !isLoopbackHost(host)
            && !exceptions.contains { $0 == "*" || (!$0.isEmpty && (host == $0 || host.hasSuffix("." + $0))) }
    }

    var client: HTTPClient.Configuration.Proxy {
        guard let user else { return .server(host: host, port: port) }
        return .server(
            host: host, port: port, authorization: .basic(username: user, password: password.reveal())
        )
    }
}
