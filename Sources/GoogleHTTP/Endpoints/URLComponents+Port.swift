package import Foundation

extension URLComponents {
    /// Whether there is no port, or one from 1 to 65535.
    ///
    /// `port` is `nil` for a port beyond the range of `Int`. NIO traps on ports beyond 16 bits.
    package var hasValidPort: Bool {
        rangeOfPort == nil || port.map((1...65_535).contains) == true
    }
}

extension HTTPError {
    static func invalidPort(of place: String, code: Code = .invalidEndpoint) -> HTTPError {
        HTTPError(code: code, message: "the port of \(place) is out of range", detail: .invalidPort)
    }
}
