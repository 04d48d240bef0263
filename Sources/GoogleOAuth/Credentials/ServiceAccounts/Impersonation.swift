import Foundation
import GoogleHTTP
import TextSupport

/// Acting as a service account with other credentials, which must be allowed to.
public struct Impersonation: Sendable, Hashable {
    /// The service account's address.
    public let email: String
    /// The accounts by way of which it is done, each of which may act as the next.
    public var delegates: [String]
    /// How long the tokens live. Defaults to an hour, the most without a special policy.
    public var lifetime: Duration
    /// Where the tokens are from.
    let endpoint: HTTPEndpoint

    /// What the other credentials' token must be good for.
    static let sourceScopes = ["https://www.googleapis.com/auth/cloud-platform"]

    /// Makes one of the address in a file.
    ///
    /// - Parameter url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/EMAIL:generateAccessToken`.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if it is not at Google's, or on this machine;
    ///   `credentialsInvalid` if it names no account.
    public init(
        url: String, delegates: [String] = [], lifetime: Duration = .seconds(3600)
    ) throws(OAuthError) {
        endpoint = try GoogleAddress.trusted(
            url, name: "service_account_impersonation_url", at: .accountCredentials)
        let method = ":generateAccessToken"
        guard url.hasSuffix(method), let name = url.dropLast(method.count).split(separator: "/").last,
            name.contains("@")
        else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "service_account_impersonation_url names no service account",
                hint: "it ends in /serviceAccounts/ACCOUNT:generateAccessToken")
        }
        email = String(name).removingPercentEncoding ?? String(name)
        self.delegates = delegates
        self.lifetime = lifetime
    }

    private struct Request: Encodable {
        var delegates: [String]
        var scope: [String]
        var lifetime: String
    }

    private struct Answer: Decodable {
        var accessToken: String
        var expireTime: String?
    }

    /// An error of Google's APIs.
    private struct Refusal: Decodable {
        struct Detail: Decodable {
            var message: String?
        }

        var error: Detail
    }

    /// Gets a token of the service account.
    ///
    /// - Parameter source: the other credentials' tokens, good for ``sourceScopes``.
    func fetchToken(scopes: [String], from source: any TokenProvider, _ context: TokenContext) async throws
        -> TokenResponse
    {
        let token = try await source.accessToken()
        do {
            return try await fetchToken(scopes: scopes, with: token, context)
        } catch let error as OAuthError where error.code == .clientRejected {
            // It may have ended before its time.
            await source.reject(token)
            return try await fetchToken(scopes: scopes, with: try await source.accessToken(), context)
        }
    }

    private func fetchToken(scopes: [String], with token: AccessToken, _ context: TokenContext) async throws
        -> TokenResponse
    {
        let body = Request(delegates: delegates, scope: scopes, lifetime: "\(lifetime.components.seconds)s")
        let request = HTTPRequest(
            .post, endpoint.description, headers: [("Content-Type", "application/json")],
            authorization: token.authorization, body: try CredentialJSON.encode(body))
        let (host, email) = (endpoint.host, email)
        let requested = lifetime
        return try await context.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else { throw Self.refusal(head.status, bytes, host: host, email: email) }
            guard let answer = try? CredentialJSON.decode(Answer.self, from: bytes),
                let token = AccessToken(checking: answer.accessToken)
            else {
                throw OAuthError(
                    code: .unexpectedAnswer, message: "the answer of \(host) has no usable accessToken",
                    hint: OAuthError.hint(.unexpectedAnswer))
            }
            // Both times are the server's, so that this machine's clock does not matter.
            let end = answer.expireTime.flatMap { try? Date($0, strategy: .iso8601) }
            let told = end.flatMap { end in head.date.map { end.timeIntervalSince($0) } }
            return TokenResponse(accessToken: token, seconds: told ?? requested / .seconds(1), scopes: scopes)
        }
    }

    private static func refusal(_ status: Int, _ body: [UInt8], host: String, email: String) -> OAuthError {
        let reason = (try? CredentialJSON.decode(Refusal.self, from: body))?.error.message
        let detail = reason.map { printable($0, limit: 300) } ?? "HTTP \(status)"
        let (code, what): (OAuthError.Code, String) =
            switch status {
            case 401: (.clientRejected, "\(host) does not accept the token of the source credentials")
            case 403, 404: (.impersonationDenied, "the credentials may not act as \(printable(email, limit: 200))")
            case 408, 429, 500...: (.serviceUnavailable, "\(host) is unavailable")
            default: (.requestRejected, "\(host) does not accept the request for a token")
            }
        var hint = OAuthError.hint(code)
        if code == .clientRejected { hint = "check source_credentials in the file" }
        if code == .requestRejected {
            hint = "check delegates, and the lifetime, which is an hour at most without a policy"
        }
        return OAuthError(code: code, message: "\(what) (\(detail))", hint: hint)
    }
}
