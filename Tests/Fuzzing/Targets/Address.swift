import Foundation
@testable import GoogleHTTP

/// A URL and a request header. An accepted URL has a valid host and port, for the parser of the HTTP client as well; an
/// accepted header cannot break out of its line.
@Sendable func fuzzAddress(_ input: inout FuzzInput) {
    let kind = input.nextByte() % 4
    let text = String(decoding: input.rest.prefix(2_000), as: UTF8.self)
    do throws(HTTPError) {
        switch kind {
        case 0: requireReachable(try HTTPEndpoint(text))
        case 1: requireReachable(try HTTPEndpoint(metadataServer: text))
        case 2: requireReachable(text, try HTTPRequest(.get, text).validate())
        default: try fuzzHeader(text)
        }
    } catch {
        require([.invalidEndpoint, .insecureEndpoint].contains(error.code) && !error.isTransient, "\(error.code)")
        requireLine(error.message, atMost: 1_000)
    }
}

private func requireReachable(_ endpoint: HTTPEndpoint) {
    require(!endpoint.host.isEmpty, "no host")
    let url = endpoint.url(path: ["a/b"], query: ["c": "d&e"])
    do throws(HTTPError) {
        requireReachable(url, try HTTPRequest(.get, url).validate())
    } catch {
        fatalError("\(url): \(error)")
    }
}

private func requireReachable(_ text: String, _ address: (host: String, port: Int?)) {
    require(!address.host.isEmpty && address.port.map((1...65_535).contains) != false, text)
    guard let url = URL(string: text) else { return }
    require(url.port.map((1...65_535).contains) != false, "\(text) has the port \(url.port ?? 0)")
    require(url.port == address.port, "\(text) is parsed in two ways")
}

/// A name on the first line, and a value on the others.
private func fuzzHeader(_ text: String) throws(HTTPError) {
    let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (name, value) = (parts[0], parts.count > 1 ? parts[1] : "")
    _ = try HTTPRequest(.get, "http://127.0.0.1:1", headers: [(name, value)], authorization: Secret(value)).validate()
    require(!name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3A }, name)
    require(value.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }, value)
}
