/// Status and headers of a response.
public struct HTTPResponseHead: Sendable {
    /// The status code.
    public let status: Int
    private let headers: [String: String]

    /// Creates a head. Header names are compared without case; the last of equal names takes precedence.
    public init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.name.lowercased(), $0.value) }) { _, last in last }
    }

    /// The value of a header.
    public subscript(name: String) -> String? { headers[name.lowercased()] }

    /// Whether the status is 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}
