import Foundation
package import GoogleHTTP

/// An identity of another cloud or identity provider that a workload identity pool or a workforce pool trusts: a file of
/// type `external_account`, written by `gcloud iam workload-identity-pools create-cred-config`.
///
/// Google's Security Token Service exchanges the provider's subject token for an access token. If the file names a
/// service account, that token is used to impersonate it.
public struct ExternalAccountCredential: Sendable, Hashable {
    /// The pool's provider, as its full resource name.
    package var audience: String
    /// The type of the subject token, for example `urn:ietf:params:oauth:token-type:jwt`.
    package var subjectTokenType: String
    /// The endpoint that exchanges the subject token. Defaults to Google's.
    package let tokenEndpoint: HTTPEndpoint
    /// The impersonation of a service account, if the file names one.
    package var impersonation: Impersonation?
    /// The billing project, if the file names one.
    package var quotaProjectID: String?
    /// The source of the subject token.
    let source: SubjectTokenSource
    /// The OAuth client of a workforce pool, if it has one.
    let client: BasicAuthorization?
    /// The project that the users of a workforce pool are attributed to.
    let userProject: String?

    /// Google's Security Token Service.
    private static let googleTokenURI = "https://sts.googleapis.com/v1/token"

    /// Optional parameters of the request, as JSON.
    private struct Options: Encodable {
        var userProject: String
    }

    /// Exchanges a subject token for an access token.
    func fetchToken(scopes: [String], _ context: TokenContext) async throws -> TokenResponse {
        let subjectToken = try await source.fetch(for: self, context)
        let options = try client == nil ? userProject.map { try JSONEncoder().encode(Options(userProject: $0)) } : nil
        let form: KeyValuePairs = [
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": audience,
            "scope": scopes.joined(separator: " "),
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": subjectToken.reveal(),
            "subject_token_type": subjectTokenType,
            "options": options.map { String(decoding: $0, as: UTF8.self) } ?? "{}",
        ]
        return try await context.post(
            form, to: tokenEndpoint, exchange: .foreignIdentity, authorization: client?.value)
    }
}

extension ExternalAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        struct ImpersonationOptions: Decodable {
            var tokenLifetimeSeconds: Int64?

            private enum CodingKeys: String, CodingKey {
                case tokenLifetimeSeconds = "token_lifetime_seconds"
            }
        }

        var audience: String?
        var subjectTokenType: String?
        var tokenURL: String?
        var source: SubjectTokenSource.File?
        var impersonationURL: String?
        var impersonation: ImpersonationOptions?
        var clientID: String?
        var clientSecret: String?
        var userProject: String?
        var quotaProjectID: String?

        private enum CodingKeys: String, CodingKey {
            case audience
            case subjectTokenType = "subject_token_type"
            case tokenURL = "token_url"
            case source = "credential_source"
            case impersonationURL = "service_account_impersonation_url"
            case impersonation = "service_account_impersonation"
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case userProject = "workforce_pool_user_project"
            case quotaProjectID = "quota_project_id"
        }
    }

    init(_ file: File) throws(OAuthError) {
        guard let audience = file.audience, !audience.isEmpty else { throw .incomplete("audience") }
        guard let type = file.subjectTokenType, !type.isEmpty else { throw .incomplete("subject_token_type") }
        guard let source = file.source else { throw .incomplete("credential_source") }
        self.audience = audience
        subjectTokenType = type
        tokenEndpoint = try GoogleAddress.trusted(
            file.tokenURL ?? Self.googleTokenURI, name: "token_url", at: .securityTokens)
        let lifetime = file.impersonation?.tokenLifetimeSeconds ?? 3600
        impersonation = try file.impersonationURL.map { url throws(OAuthError) in
            try Impersonation(url: url, lifetime: .seconds(lifetime))
        }
        self.source = try SubjectTokenSource(source)
        client = file.clientID.map { BasicAuthorization(name: $0, password: Secret(file.clientSecret ?? "")) }
        userProject = file.userProject
        quotaProjectID = file.quotaProjectID
    }
}

/// The credentials of HTTP basic authentication (RFC 7617).
struct BasicAuthorization: Sendable, Hashable {
    var name: String
    var password: Secret

    var value: Secret { Secret("Basic " + Data("\(name):\(password.reveal())".utf8).base64EncodedString()) }
}
