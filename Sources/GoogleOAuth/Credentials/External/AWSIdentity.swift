import Foundation
import GoogleHTTP
import TextSupport

/// The identity of a machine or a process at Amazon: the environment's keys, or those of the machine's role.
///
/// What it says is a signed request, GetCallerIdentity, which Google sends to Amazon in its place.
struct AWSIdentity: Sendable, Hashable {
    /// Where the role's name and, below it, its keys are.
    let keysURL: String?
    let regionURL: String?
    /// The request, with `{region}` in its place.
    let verificationURL: String
    /// Where a session of the machine's metadata server begins.
    let sessionURL: String?

    init(_ file: SubjectTokenSource.File, environment: String) throws(OAuthError) {
        guard environment == "aws1" else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "credential_source has the environment_id \(printable(environment, limit: 40))",
                hint: "aws1 is supported")
        }
        guard let verificationURL = file.regional_cred_verification_url else {
            throw .incomplete("credential_source.regional_cred_verification_url")
        }
        keysURL = file.url
        regionURL = file.region_url
        self.verificationURL = verificationURL
        sessionURL = file.imdsv2_session_token_url
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
        var AccessKeyId: String?
        var SecretAccessKey: String?
        var Token: String?
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
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Secret(percentEncoded(String(decoding: try encoder.encode(request), as: UTF8.self)))
    }

    private func region(_ metadata: inout MetadataSession, _ context: TokenContext) async throws -> String {
        if let region = context.variable("AWS_REGION") ?? context.variable("AWS_DEFAULT_REGION") { return region }
        guard let regionURL else { throw Self.unknown("region", hint: "set AWS_REGION") }
        let zone = try await metadata.get(regionURL)
        // A zone is its region and one letter.
        guard zone.count > 1 else { throw Self.unknown("region", hint: "set AWS_REGION") }
        return String(zone.dropLast())
    }

    private func keys(_ metadata: inout MetadataSession, _ context: TokenContext) async throws -> AWSSignature.Keys {
        if let id = context.variable("AWS_ACCESS_KEY_ID"), let secret = context.variable("AWS_SECRET_ACCESS_KEY") {
            let session = context.variable("AWS_SESSION_TOKEN").map { Secret($0) }
            return .init(id: id, secret: Secret(secret), session: session)
        }
        let hint = "give the machine a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        guard let keysURL else { throw Self.unknown("keys", hint: hint) }
        let role = try await metadata.get(keysURL)
        let answer = try await metadata.get("\(keysURL)/\(percentEncoded(role))")
        guard let keys = try? CredentialJSON.decode(RoleKeys.self, from: Array(answer.utf8)),
            let id = keys.AccessKeyId, let secret = keys.SecretAccessKey
        else { throw Self.unknown("keys", hint: hint) }
        return .init(id: id, secret: Secret(secret), session: keys.Token.map { Secret($0) })
    }

    private static func unknown(_ what: String, hint: String) -> OAuthError {
        OAuthError(
            code: .identityRejected, message: "the \(what) of this machine or process at Amazon cannot be learnt",
            hint: hint)
    }
}

/// A conversation with the metadata server of one of Amazon's machines, which begins when something is asked.
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
            let session = try await answer(
                HTTPRequest(.put, url, headers: [("X-aws-ec2-metadata-token-ttl-seconds", "300")]))
            guard HTTPRequest.isText(session) else {
                throw OAuthError(
                    code: .identityRejected,
                    message: "the session token of \(host(of: url)) cannot be sent in a header",
                    hint: "check imdsv2_session_token_url in the credentials")
            }
            token = Secret(session)
        }
        let headers = token.map { [(name: "X-aws-ec2-metadata-token", value: $0.reveal())] } ?? []
        return try await answer(HTTPRequest(.get, address, headers: headers))
    }

    private func answer(_ request: HTTPRequest) async throws -> String {
        let host = host(of: request.url)
        return try await context.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else { throw OAuthError(identityServerStatus: head.status, host: host) }
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func host(of url: String) -> String { URLComponents(string: url)?.host ?? printable(url, limit: 200) }
}
