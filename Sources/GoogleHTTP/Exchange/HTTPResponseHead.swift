/// Status and headers of an answer.
public struct HTTPResponseHead: Sendable {
    /// The status code.
    public var status: Int
    private let headers: [String: String]

    /// Makes a head; header names are compared without case, and the last of equal names counts.
    public init(status: Int, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.name.lowercased(), $0.value) }) { _, last in last }
    }

    /// The value of a header.
    public subscript(name: String) -> String? { headers[name.lowercased()] }

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }
}
