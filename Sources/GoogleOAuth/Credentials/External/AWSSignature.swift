import Crypto
import Foundation
import GoogleHTTP
import TextSupport

/// Signs AWS requests without a body: Signature Version 4.
struct AWSSignature: Sendable {
    /// Access keys.
    struct Keys: Sendable, Hashable {
        var id: String
        var secret: Secret
        /// The session token of temporary keys.
        var session: Secret?
    }

    let keys: Keys
    let region: String
    let service: String

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The headers of a request, sorted by name, followed by the `Authorization` header that signs them.
    ///
    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - url: an https URL with path and query.
    ///   - more: additional headers.
    ///   - date: the time of the request.
    /// - Returns: the headers.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` for any other URL.
    func headers(
        of method: String, _ url: String, adding more: [String: String] = [:], at date: Date
    ) throws(OAuthError) -> [(name: String, value: String)] {
        guard let parts = URLComponents(string: url), parts.scheme == "https", let host = parts.host else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(url, limit: 200)) is not the URL of an AWS service; it is made of "
                    + "regional_cred_verification_url and the region",
                detail: .subjectTokenSource)
        }
        let time = Self.text(date)
        var headers = more
        headers["host"] = host
        headers["x-amz-date"] = time
        headers["x-amz-security-token"] = keys.session?.reveal()
        let sorted = headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        let names = sorted.map(\.name).joined(separator: ";")
        let items = (parts.queryItems ?? []).map { (percentEncoded($0.name), percentEncoded($0.value ?? "")) }
        let request = [
            method, parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath,
            items.sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&"),
            sorted.map { "\($0.name):\($0.value)\n" }.joined(), names, Self.hex(SHA256.hash(data: Data())),
        ].joined(separator: "\n")
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let text = [Self.algorithm, time, scope, Self.hex(SHA256.hash(data: Data(request.utf8)))].joined(
            separator: "\n")
        let signature = Self.hex(Self.code(text, key(day: String(time.prefix(8)))))
        let authorization =
            "\(Self.algorithm) Credential=\(keys.id)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return sorted + [(name: "Authorization", value: authorization)]
    }

    /// The key for a day, the region and the service.
    private func key(day: String) -> SymmetricKey {
        let secret = SymmetricKey(data: Data("AWS4\(keys.secret.reveal())".utf8))
        return [day, region, service, "aws4_request"].reduce(secret) { SymmetricKey(data: Self.code($1, $0)) }
    }

    private static func code(_ text: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// `20150830T123600Z`.
    private static func text(_ date: Date) -> String {
        date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    }
}
