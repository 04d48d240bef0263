import Foundation
import GoogleHTTP
import TextSupport

/// The identity of an AWS machine or process: the environment's keys, or those of the machine's role.
///
/// Its subject token is a signed GetCallerIdentity request, which Google forwards to AWS.
struct AWSIdentity: Sendable, Hashable {
    /// The URL of the role's name, and the prefix of the URL of its keys.
    let keysURL: String?
    let regionURL: String?
    /// The URL of the request, with the placeholder `{region}`.
    let verificationURL: String
    /// The URL that starts a session of the metadata server.
    let sessionURL: String?

    init(_ file: SubjectTokenSource.File, environment: String) throws(OAuthError) {
        guard environment == "aws1" else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "the environment_id of credential_source is \(printable(environment, limit: 40)), not aws1",
                detail: .unsupportedType)
        }
        guard let verificationURL = file.verificationURL else {
            throw .incomplete("credential_source.regional_cred_verification_url")
        }
        keysURL = file.url
        regionURL = file.regionURL
        self.verificationURL = verificationURL
        sessionURL = file.sessionURL
        for (name, url) in [("url", keysURL), ("region_url", regionURL), ("imdsv2_session_token_url", sessionURL)] {
            if let url { try SubjectTokenSource.require(url, name: name) }
        }
    }

    private struct SignedRequest: Encodable {
        struct Header: Encodable {
            var key: String
            var value: String
        }

        var url: String
        var method = "POST"
        var headers: [Header]
    }

    private struct RoleKeys: Decodable {
        var accessKeyID: String?
        var secretAccessKey: String?
        var token: String?

        private enum CodingKeys: String, CodingKey {
            case accessKeyID = "AccessKeyId"
            case secretAccessKey = "SecretAccessKey"
            case token = "Token"
        }
    }

    func fetch(for account: ExternalAccountCredential, _ context: TokenContext) async throws -> Secret {
        var metadata = MetadataSession(url: sessionURL, context: context)
        let region = try await region(&metadata, context)
        let keys = try await keys(&metadata, context)
        let url = verificationURL.replacing("{region}", with: region)
        let headers = try AWSSignature(keys: keys, region: region, service: "sts").headers(
            of: "POST", url, adding: ["x-goog-cloud-target-resource": account.audience], at: context.now())
        let request = SignedRequest(
            url: url, headers: headers.map { .init(key: $0.name, value: $0.value) })
        let encoder = JSONEncoder.canonical
        return Secret(percentEncoded(String(decoding: try encoder.encode(request), as: UTF8.self)))
    }

    private func region(_ metadata: inout MetadataSession, _ context: TokenContext) async throws -> String {
        if let region = context.variable("AWS_REGION") ?? context.variable("AWS_DEFAULT_REGION") { return region }
        let unknown = Self.unknown("region", .missingVariables(["AWS_REGION"]))
        guard let regionURL else { throw unknown }
        let zone = try await metadata.get(regionURL)
        // A zone is its region and one letter.
        guard zone.count > 1 else { throw unknown }
        return String(zone.dropLast())
    }

    private func keys(_ metadata: inout MetadataSession, _ context: TokenContext) async throws -> AWSSignature.Keys {
        if let id = context.variable("AWS_ACCESS_KEY_ID"), let secret = context.variable("AWS_SECRET_ACCESS_KEY") {
            let session = context.variable("AWS_SESSION_TOKEN").map { Secret($0) }
            return .init(id: id, secret: Secret(secret), session: session)
        }
        let unknown = Self.unknown("keys", .missingAWSKeys)
        guard let keysURL else { throw unknown }
        let role = try await metadata.get(keysURL)
        let response = try await metadata.get("\(keysURL)/\(percentEncoded(role))")
        // The decoder's error could quote a key.
        guard let keys = try? CredentialFile.decode(RoleKeys.self, from: Array(response.utf8)),
            let id = keys.accessKeyID, let secret = keys.secretAccessKey
        else { throw unknown }
        return .init(id: id, secret: Secret(secret), session: keys.token.map { Secret($0) })
    }

    private static func unknown(_ what: String, _ detail: OAuthError.Detail) -> OAuthError {
        OAuthError(
            code: .identityRejected,
            message: "cannot determine the AWS \(what) of this machine or process",
            detail: detail)
    }
}

/// A session with the metadata server of an AWS machine, started with the first request.
private struct MetadataSession {
    let url: String?
    let context: TokenContext
    private var token: Secret?

    init(url: String?, context: TokenContext) {
        self.url = url
        self.context = context
    }

    mutating func get(_ address: String) async throws -> String {
        if let url, token == nil {
            let session = try await response(
                HTTPRequest(.put, url, headers: [("X-aws-ec2-metadata-token-ttl-seconds", "300")]))
            guard HTTPRequest.isText(session) else {
                throw OAuthError(
                    code: .identityRejected,
                    message: "the session token of \(host(of: url)) cannot be sent in a header",
                    detail: .subjectTokenSource)
            }
            token = Secret(session)
        }
        let headers = token.map { [(name: "X-aws-ec2-metadata-token", value: $0.reveal())] } ?? []
        return try await response(HTTPRequest(.get, address, headers: headers))
    }

    private func response(_ request: HTTPRequest) async throws -> String {
        let host = host(of: request.url)
        return try await context.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else { throw OAuthError(identityServerStatus: head.status, host: host) }
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func host(of url: String) -> String { URLComponents(string: url)?.host ?? printable(url, limit: 200) }
}
