import Foundation
import Hummingbird

/// A form in `application/x-www-form-urlencoded`. Empty fields count as missing.
struct URLEncodedForm: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// Larger forms are rejected.
    private static let byteLimit = 1 << 16

    init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { $0.replacing("+", with: " ").removingPercentEncoding ?? "" }
            if decoded.count == 2, !decoded[1].isEmpty { fields.append((decoded[0], decoded[1])) }
        }
    }

    /// Reads the query of a GET request, or the body of any other request.
    init(_ request: Request) async throws {
        if request.method == .get {
            self.init(request.uri.query ?? "")
        } else {
            self.init(String(buffer: try await request.body.collect(upTo: Self.byteLimit)))
        }
    }

    subscript(name: String) -> String? { values(name).last }

    /// Returns the values of all fields with this name, in order.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    func required(_ name: String) throws(OAuthErrorResponse) -> String {
        guard let value = self[name] else { throw .missing(name) }
        return value
    }
}
