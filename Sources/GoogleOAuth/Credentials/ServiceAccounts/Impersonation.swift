import Foundation
import GoogleHTTP
import TextSupport

/// The impersonation of a service account by another credential.
package struct Impersonation: Sendable, Hashable {
    /// The service account's e-mail address.
    package let email: String
    /// A chain of accounts, each of which can impersonate the next.
    package var delegates: [String]
    /// The lifetime of the tokens. Defaults to an hour, the maximum without a special policy.
    package var lifetime: Duration
    /// The endpoint that issues the tokens.
    let endpoint: HTTPEndpoint

    /// The scopes that the source's token needs.
    static let sourceScopes = ["https://www.googleapis.com/auth/cloud-platform"]

    /// Creates an impersonation from the URL in a file.
    ///
    /// - Parameters:
    ///   - url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/EMAIL:generateAccessToken`.
    ///   - delegates: a chain of accounts, each of which can impersonate the next.
    ///   - lifetime: the lifetime of the tokens.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if the URL is neither Google's nor loopback,
    ///   `credentialsInvalid` if it names no account.
    package init(
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
                message:
                    "service_account_impersonation_url does not end in /serviceAccounts/ACCOUNT:generateAccessToken",
                detail: .malformedFile)
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

    private struct Response: Decodable {
        var accessToken: String
        var expireTime: String?
    }

    /// An error response of a Google API.
    private struct ErrorResponse: Decodable {
        struct Body: Decodable {
            var message: String?
        }

        var error: Body
    }

    /// A provider of the service account's tokens. The source provides tokens with ``sourceScopes``.
    func tokenProvider(
        _ context: TokenContext, scopes: [String], source: any TokenProvider
    ) -> RenewingTokenProvider {
        RenewingTokenProvider(context, sources: [source]) {
            try await fetchToken(scopes: scopes, from: source, $0)
        }
    }

    private func fetchToken(scopes: [String], from source: any TokenProvider, _ context: TokenContext) async throws
        -> TokenResponse
    {
        let token = try await source.accessToken()
        do {
            return try await fetchToken(scopes: scopes, with: token, context)
        } catch let error as OAuthError where error.code == .clientRejected {
            // The source's token can have been revoked before its expiry.
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
            authorization: token.authorization, body: try CredentialFile.encode(body))
        let (host, email) = (endpoint.host, email)
        let requested = lifetime
        return try await context.exchange(request, host: host) { head, bytes in
            guard head.isSuccess else { throw Self.error(head.status, bytes, host: host, email: email) }
            // The decoder's error could quote the token.
            guard let response = try? CredentialFile.decode(Response.self, from: bytes),
                let token = AccessToken(checking: response.accessToken)
            else {
                throw OAuthError(
                    code: .unexpectedAnswer, message: "the response of \(host) has no usable accessToken")
            }
            // Both times are the server's, so that this machine's clock does not matter. Without a valid time, the
            // requested lifetime applies.
            let end = response.expireTime.flatMap { try? Date($0, strategy: .iso8601) }
            let remaining = end.flatMap { end in head.date.map { end.timeIntervalSince($0) } }
            return TokenResponse(accessToken: token, seconds: remaining ?? requested / .seconds(1), scopes: scopes)
        }
    }

    private static func error(_ status: Int, _ body: [UInt8], host: String, email: String) -> OAuthError {
        // Without a message, the status describes the error.
        let reason = (try? CredentialFile.decode(ErrorResponse.self, from: body))?.error.message
        let (code, what): (OAuthError.Code, String) =
            switch status {
            case 401: (.clientRejected, "\(host) rejects the token of the source credential")
            case 403, 404: (.impersonationDenied, "the credential cannot impersonate \(printable(email, limit: 200))")
            case 408, 429, 500...: (.serviceUnavailable, "\(host) is unavailable")
            default: (.requestRejected, "\(host) rejects the token request")
            }
        return OAuthError(
            code: code, message: "\(what) (\(reason.map { printable($0, limit: 300) } ?? "HTTP \(status)"))",
            detail: .impersonation)
    }
}
