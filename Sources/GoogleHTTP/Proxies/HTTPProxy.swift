import AsyncHTTPClient
import Foundation

/// The proxy for https requests, from the usual environment variables.
///
/// Requests to this machine and to metadata servers never go through a proxy.
///
/// ```swift
/// import Foundation
/// import GoogleHTTP
/// import Logging
///
/// let transport = HTTPSTransport(
///     userAgent: "my-tool/1.0", proxy: HTTPProxy(environment: ProcessInfo.processInfo.environment),
///     logger: Logger(label: "my-tool"))
/// ```
public struct HTTPProxy: Sendable {
    /// The proxy's host and port, or the error of the requests that would go through it.
    package let address: Result<(host: String, port: Int), HTTPError>
    private let user: String?
    private let password: Secret
    private let exceptions: [String]

    /// Reads the variables of a proxy; `nil` if none is set.
    ///
    /// - Parameter environment: the environment variables of the process. The URL is the first of `HTTPS_PROXY`,
    ///   `https_proxy`, `ALL_PROXY` and `all_proxy` that is set. `NO_PROXY` or `no_proxy` lists the exceptions, separated
    ///   by commas: host names, which include their subdomains, or `*`. An invalid URL fails the requests.
    public init?(environment: [String: String]) {
        func first(_ names: [String]) -> (name: String, value: String)? {
            names.lazy.compactMap { name in environment[name].map { (name, $0) } }.first { !$0.1.isEmpty }
        }
        guard let (name, text) = first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else { return nil }
        let parts = URLComponents(string: text.contains("://") ? text : "http://" + text)
        if let parts, parts.scheme == "http", let host = parts.host, !host.isEmpty {
            address =
                parts.hasValidPort
                ? .success((host, parts.port ?? 80)) : .failure(.invalidPort(of: name, code: .proxy))
        } else {
            // The URL is not part of the message, since it can contain a password.
            address = .failure(
                HTTPError(
                    code: .proxy, message: "\(name) is not the URL of an http proxy; SOCKS is not supported",
                    detail: .invalidProxyURL(variable: name))
            )
        }
        user = parts?.user
        password = Secret(parts?.password ?? "")
        exceptions = (first(["NO_PROXY", "no_proxy"])?.value ?? "").split(separator: ",").map {
            let name = $0.trimmingCharacters(in: .whitespaces).lowercased()
            return name.hasPrefix(".") ? String(name.dropFirst()) : name
        }
    }

    /// Whether requests to a host go through the proxy.
    func serves(_ host: String) -> Bool {
        !isLoopbackHost(host) && !isMetadataHost(host)
            && !exceptions.contains { $0 == "*" || (!$0.isEmpty && (host == $0 || host.hasSuffix("." + $0))) }
    }

    /// The configuration for the HTTP client; `nil` if the proxy is invalid, which its requests report.
    var client: HTTPClient.Configuration.Proxy? {
        guard let (host, port) = try? address.get() else { return nil }
        guard let user else { return .server(host: host, port: port) }
        return .server(
            host: host, port: port, authorization: .basic(username: user, password: password.reveal())
        )
    }
}
