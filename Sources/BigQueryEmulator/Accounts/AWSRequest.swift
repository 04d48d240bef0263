import Crypto
import Foundation

/// A request to Amazon's Security Token Service without a body, as somebody else has signed it.
struct AWSRequest: Sendable {
    let url: String
    let method: String
    /// The headers by their names in lower case.
    let headers: [String: String]

    /// How old a signature may be, in seconds.
    private static let longestAge: TimeInterval = 900

    init?(_ json: JSONObject) {
        guard let url = json["url"]?.string, let method = json["method"]?.string,
            let pairs = json["headers"]?.array?.compactMap(\.object)
        else { return nil }
        self.url = url
        self.method = method
        headers = Dictionary(
            pairs.compactMap { pair in
                pair["key"]?.string.flatMap { name in pair["value"]?.string.map { (name.lowercased(), $0) } }
            }
        ) { _, last in last }
    }

    /// Whether the request is signed by Signature Version 4 with these keys, and lately.
    func isSigned(keyID: String, secret: String, session: String) -> Bool {
        let pattern =
            /AWS4-HMAC-SHA256 Credential=(?<id>[^\/]+)\/(?<scope>[^,]+), SignedHeaders=(?<names>[^,]+), Signature=(?<signature>[0-9a-f]{64})/
        guard let match = headers["authorization"]?.wholeMatch(of: pattern)?.output,
            match.id == keyID, headers["x-amz-security-token"] == session,
            let time = headers["x-amz-date"], let date = Self.date(time),
            abs(date.timeIntervalSinceNow) < Self.longestAge,
            let parts = URLComponents(string: url)
        else { return false }
        let names = match.names.split(separator: ";").map(String.init)
        let required = ["host", "x-amz-date", "x-amz-security-token", "x-goog-cloud-target-resource"]
        let scope = match.scope.split(separator: "/").map(String.init)
        guard names == names.sorted(), required.allSatisfy(names.contains), headers["host"] == parts.host,
            scope.count == 4, scope[0] == time.prefix(8), scope[2] == "sts", scope[3] == "aws4_request"
        else { return false }
        var canonical = "\(method)\n/\n\(parts.percentEncodedQuery ?? "")\n"
        for name in names { canonical += "\(name):\(headers[name] ?? "")\n" }
        canonical += "\n\(match.names)\n\(Self.hex(SHA256.hash(data: Data())))"
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(match.scope)\n\(Self.hex(SHA256.hash(data: Data(canonical.utf8))))"
        var key = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for part in scope {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key))
        }
        return Self.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)) == match.signature
    }

    private static func date(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
