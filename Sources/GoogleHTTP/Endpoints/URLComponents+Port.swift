package import Foundation

extension URLComponents {
    /// Whether there is no port, or one from 1 to 65535.
    ///
    /// A port beyond the range of `Int` is present and yet `port` is `nil`. The network library traps on ports that fit no
    /// 16 bits.
    package var hasValidPort: Bool {
        rangeOfPort == nil || port.map((1...65_535).contains) == true
    }
}

extension HTTPError {
    /// A port that no connection can be made to.
    ///
    /// - Parameter place: the address, or what it was read from.
    static func invalidPort(of place: String, code: Code = .invalidEndpoint) -> HTTPError {
        HTTPError(code: code, message: "the port of \(place) is out of range", hint: "give a port from 1 to 65535")
    }
}
