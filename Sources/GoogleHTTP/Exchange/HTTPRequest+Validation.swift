import Foundation
import TextSupport

extension HTTPRequest {
    /// Validates URL and headers, on which the HTTP client would trap or report a lost connection.
    ///
    /// - Returns: the URL's host and, if it has one, its port.
    /// - Throws: ``HTTPError`` with code `invalidEndpoint`. Its message contains no header value.
    func validate() throws(HTTPError) -> (host: String, port: Int?) {
        guard let address = URLComponents(string: url), ["http", "https"].contains(address.scheme?.lowercased()),
            let host = address.host, !host.isEmpty
        else {
            throw HTTPError(code: .invalidEndpoint, message: "\(printable(url, limit: 200)) is not a valid URL")
        }
        guard address.hasValidPort else { throw .invalidPort(of: printable(url, limit: 200)) }
        let authorization = self.authorization.map { [(name: "Authorization", value: $0.reveal())] } ?? []
        for header in headers + authorization where !Self.isToken(header.name) || !Self.isText(header.value) {
            throw HTTPError(
                code: .invalidEndpoint,
                message: "the header \(printable(header.name, limit: 60)) cannot be sent to \(host)",
                detail: .invalidHeader)
        }
        return (host, address.port)
    }

    /// Whether a text is a valid header name (RFC 9110, 5.6.2).
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether a text is a valid header value (RFC 9110, 5.5).
    package static func isText(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
