import Foundation
import TextSupport

/// The root of a service: https anywhere, or plain http on this machine.
///
/// Path segments and query values are percent-encoded here and nowhere else, so that an identifier cannot change the
/// structure of a URL.
///
/// ```swift
/// import GoogleHTTP
///
/// let endpoint = try HTTPEndpoint("https://bigquery.googleapis.com/")
/// print(endpoint.url(path: ["projects", "a/b"], query: ["alt": "json", "fields": nil]))
/// // https://bigquery.googleapis.com/projects/a%2Fb?alt=json
/// ```
public struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The root URL without a trailing slash.
    public let description: String
    /// The host, in lower case and without brackets.
    package let host: String

    /// Parses a URL.
    ///
    /// - Parameter address: the root URL, without user, query and fragment. Without a scheme (`localhost:9050`) it means
    ///   plain http, which only a loopback address can have.
    /// - Throws: ``HTTPError`` with code `invalidEndpoint` for an invalid URL, or `insecureEndpoint` for plain http to
    ///   another machine.
    public init(_ address: String) throws(HTTPError) {
        try self.init(address, plainHosts: isLoopbackHost)
    }

    /// Parses the URL of a metadata server, which uses plain http: a link-local address, or this machine.
    ///
    /// - Throws: ``HTTPError`` with code `invalidEndpoint` or `insecureEndpoint`.
    package init(metadataServer address: String) throws(HTTPError) {
        try self.init(address) { isLoopbackHost($0) || isMetadataHost($0) }
    }

    private init(_ address: String, plainHosts: (String) -> Bool) throws(HTTPError) {
        let text = address.contains("://") ? address : "http://" + address
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            // Parsers disagree about hosts with percent signs or non-ASCII letters.
            var host = parts.percentEncodedHost?.lowercased(), !host.isEmpty, !host.contains("%"),
            ["http", "https"].contains(scheme),
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            let root = Self.root(of: parts, scheme: scheme)
        else {
            throw HTTPError(
                code: .invalidEndpoint, message: "\(printable(address)) is not a valid service URL")
        }
        guard parts.hasValidPort else { throw HTTPError.invalidPort(of: printable(address)) }
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        description = root
        if scheme == "http" && !plainHosts(self.host) {
            throw HTTPError(
                code: .insecureEndpoint,
                message:
                    "\(printable(address)) is plain http on another machine, which would send the token unencrypted")
        }
    }

    /// The URL without trailing slashes.
    private static func root(of parts: URLComponents, scheme: String) -> String? {
        var root = parts
        root.scheme = scheme
        while root.percentEncodedPath.hasSuffix("/") { root.percentEncodedPath.removeLast() }
        return root.string
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    package var isLoopback: Bool { isLoopbackHost(host) }

    /// Scheme, host and port, without a path.
    package var origin: String {
        var root = URLComponents(string: description)
        root?.percentEncodedPath = ""
        return root?.string ?? description
    }

    /// Creates the URL of a resource below the root.
    ///
    /// - Parameters:
    ///   - path: segments, not encoded. Defaults to none.
    ///   - query: names and values, not encoded. `nil` values are omitted. Defaults to none.
    /// - Returns: the encoded URL.
    public func url(path: [String] = [], query: KeyValuePairs<String, String?> = [:]) -> String {
        var url = description
        for segment in path { url += "/" + percentEncoded(segment) }
        let items = encodedQuery(query)
        return items.isEmpty ? url : url + "?" + items
    }
}

/// Names and values as the encoded query of a URL. `nil` values are omitted.
package func encodedQuery(_ query: KeyValuePairs<String, String?>) -> String {
    query.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }.joined(separator: "&")
}

/// Whether a host, in lower case and without brackets, is this machine.
func isLoopbackHost(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
}

/// Whether a host, in lower case and without brackets, is the metadata server of a machine at Google, Amazon or Azure:
/// a link-local address, or Google's name for it.
func isMetadataHost(_ host: String) -> Bool {
    if ["metadata.google.internal", "metadata.google.internal.", "fd20:ce::254", "fd00:ec2::254"].contains(host) {
        return true
    }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return octets.count == 4 && octets[0] == 169 && octets[1] == 254 && !octets.contains(nil)
}

/// The characters that RFC 3986 allows everywhere.
private let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)

/// Encodes text for a path segment, a query value or a form.
package func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
}
