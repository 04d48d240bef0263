/// Status and headers of a response.
public struct HTTPResponseHead: Sendable {
    /// The status code.
    public let status: Int
    private let headers: [String: String]

    /// Creates a head.
    ///
    /// - Parameters:
    ///   - status: the status code.
    ///   - headers: the headers. Names are compared without case; the last of equal names takes precedence. Defaults to
    ///     none.
    public init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.name.lowercased(), $0.value) }) { _, last in last }
    }

    /// The value of a header.
    ///
    /// - Parameter name: the name, in any case.
    /// - Returns: `nil` if the response does not have the header.
    public subscript(name: String) -> String? { headers[name.lowercased()] }

    /// Whether the status is 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}
