import Foundation
import TextSupport

/// The root of a service: https anywhere, or plain http on this machine.
///
/// Path segments and query values are percent-encoded here and nowhere else, so that an identifier can never
/// leave its place in a URL.
public struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The root's address without a slash at the end.
    public let description: String
    /// The host, in lower case and without brackets.
    public let host: String

    /// Checks an address.
    ///
    /// An address without a scheme (`localhost:9050`) means plain http if it is a loopback address.
    /// - Throws: ``HTTPError`` with code `invalidEndpoint` if it is no address of a service, or
    ///   `insecureEndpoint` if it is plain http to another machine.
    public init(_ address: String) throws(HTTPError) {
        try self.init(address, plainHosts: isLoopbackHost)
    }

    /// Checks the address of a metadata server, which speaks plain http by nature: one that only this machine's own
    /// link leads to, or this machine.
    ///
    /// - Throws: ``HTTPError`` with code `invalidEndpoint` or `insecureEndpoint`.
    package init(metadataServer address: String) throws(HTTPError) {
        try self.init(address) { isLoopbackHost($0) || isMetadataHost($0) }
    }

    private init(_ address: String, plainHosts: (String) -> Bool) throws(HTTPError) {
        let text = address.contains("://") ? address : "http://" + address
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            // One with percent signs, or with other letters than ASCII's, is read in more ways than one.
            var host = parts.percentEncodedHost?.lowercased(), !host.isEmpty, !host.contains("%"),
            ["http", "https"].contains(scheme),
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            let root = Self.root(of: parts, scheme: scheme)
        else {
            throw HTTPError(
                code: .invalidEndpoint, message: "\(printable(address)) is not the address of a service",
                hint: "give a URL such as https://bigquery.googleapis.com or http://127.0.0.1:9050"
            )
        }
        guard parts.hasValidPort else { throw HTTPError.invalidPort(of: printable(address)) }
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        description = root
        if scheme == "http" && !plainHosts(self.host) {
            throw HTTPError(
                code: .insecureEndpoint,
                message:
                    "\(printable(address)) is plain http on another machine, which would show the token to the network",
                hint: "use https, or a loopback address such as http://127.0.0.1:9050"
            )
        }
    }

    /// The address without slashes at its end.
    private static func root(of parts: URLComponents, scheme: String) -> String? {
        var root = parts
        root.scheme = scheme
        while root.percentEncodedPath.hasSuffix("/") { root.percentEncodedPath.removeLast() }
        return root.string
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    public var isLoopback: Bool { isLoopbackHost(host) }

    /// Scheme, host and port, without a path.
    public var origin: String {
        var root = URLComponents(string: description)
        root?.percentEncodedPath = ""
        return root?.string ?? description
    }

    /// The address of a resource below the root.
    ///
    /// - Parameters:
    ///   - path: segments, not encoded.
    ///   - query: names and values, not encoded; `nil` values are left out.
    public func url(path: [String] = [], query: KeyValuePairs<String, String?> = [:]) -> String {
        var url = description
        for segment in path { url += "/" + percentEncoded(segment) }
        let items = encodedQuery(query)
        return items.isEmpty ? url : url + "?" + items
    }
}

/// Names and values as the query of a URL, encoded; `nil` values are left out.
package func encodedQuery(_ query: KeyValuePairs<String, String?>) -> String {
    query.compactMap { name, value in value.map { "\(name)=\(percentEncoded($0))" } }.joined(separator: "&")
}

/// Whether a host, in lower case and without brackets, is this machine.
func isLoopbackHost(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
}

/// Whether a host, in lower case and without brackets, is the metadata server of a cloud's machine, as Google, Amazon
/// and Azure have them: an address that no router passes on, or Google's name for it.
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

/// Text as it stands in a path segment, a query value, or a form.
package func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
}
