import Crypto
import Foundation

/// The only external workload of the workload identity pool, with its identity provider and its cloud.
enum Workload {
    /// The full resource name of the pool's provider.
    static let audience =
        "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/emulator/providers/emulator"
    /// The header that requests for an identity token must have.
    static let header = (name: "X-Workload", value: "emulator-workload")
    static let region = "us-east-2"
    static let role = "emulator-role"
    static let keys = (id: "AKIDEMULATOR", secret: "emulator-aws-secret", session: "emulator-aws-session")

    private static let issuer = "https://workload.example.com"

    /// Returns an identity token that is valid for an hour.
    static func identityToken() throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        guard let key = SigningKey.shared else { throw OAuthErrorResponse("internal_failure", "No key.", status: 500) }
        return try key.sign([
            "iss": .string(issuer), "sub": "emulator-workload", "aud": .string("https:" + audience),
            "iat": .number(String(now)), "exp": .number(String(now + 3600)),
        ])
    }

    static func check(identityToken text: String) throws(OAuthErrorResponse) {
        guard let token = JSONWebToken(text), let key = SigningKey.shared else {
            throw OAuthErrorResponse("invalid_request", "Unable to parse the ID Token.")
        }
        guard token.claims["iss"]?.string == issuer else {
            throw OAuthErrorResponse("invalid_grant", "The issuer in ID Token does not match the expected ones.")
        }
        guard token.isSigned(with: key) else {
            throw OAuthErrorResponse(
                "invalid_grant", "Error connecting to the given credential's issuer, or invalid signature.")
        }
        let intended = token.claims["aud"]?.string ?? ""
        guard [audience, "https:" + audience].contains(intended) else {
            throw OAuthErrorResponse(
                "invalid_grant", "The audience in ID Token [\(intended)] does not match the expected audience.")
        }
        guard token.isCurrent else { throw OAuthErrorResponse("invalid_grant", "ID Token is stale to sign-in.") }
    }

    /// Verifies a signed GetCallerIdentity request, which Google would send to Amazon.
    static func check(awsRequest text: String) throws(OAuthErrorResponse) {
        let invalid = OAuthErrorResponse(
            "invalid_grant", "Received invalid AWS response: the request is not signed by a known key.")
        // The service reports every malformed request alike.
        guard let json = text.removingPercentEncoding,
            let object = try? JSONParser.parse(Array(json.utf8)).object,
            let request = AWSRequest(object)
        else { throw OAuthErrorResponse("invalid_request", "Unable to parse the AWS request.") }
        guard request.url == "https://sts.\(region).amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            request.method == "POST"
        else { throw OAuthErrorResponse("invalid_request", "The AWS request must be a GetCallerIdentity.") }
        guard request.headers["x-goog-cloud-target-resource"] == audience else {
            throw OAuthErrorResponse(
                "invalid_request", "The x-goog-cloud-target-resource header does not match the audience.")
        }
        guard request.isSigned(keyID: keys.id, secret: keys.secret, session: keys.session) else { throw invalid }
    }
}

/// A presigned request to Amazon's Security Token Service without a body.
struct AWSRequest: Sendable {
    let url: String
    let method: String
    /// The headers by lower-case name.
    let headers: [String: String]

    /// The maximum age of a signature, in seconds.
    private static let maximumAge: TimeInterval = 900

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

    /// Whether the request was recently signed with these keys by Signature Version 4.
    func isSigned(keyID: String, secret: String, session: String) -> Bool {
        let pattern =
            /AWS4-HMAC-SHA256 Credential=(?<id>[^\/]+)\/(?<scope>[^,]+), SignedHeaders=(?<names>[^,]+), Signature=(?<signature>[0-9a-f]{64})/
        guard let match = headers["authorization"]?.wholeMatch(of: pattern)?.output,
            match.id == keyID, headers["x-amz-security-token"] == session,
            let time = headers["x-amz-date"], let date = Self.date(time),
            abs(date.timeIntervalSinceNow) < Self.maximumAge,
            let parts = URLComponents(string: url)
        else { return false }
        let names = match.names.split(separator: ";").map(String.init)
        let required = ["host", "x-amz-date", "x-amz-security-token"]
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

    /// The date; `nil` if the text is not one in ISO 8601.
    private static func date(_ text: String) -> Date? {
        try? Date(text, strategy: Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
