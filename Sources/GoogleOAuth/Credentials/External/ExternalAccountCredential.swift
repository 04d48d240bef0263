import Foundation
public import GoogleHTTP

/// An identity of another cloud or identity provider that Google knows by a workload identity pool or a workforce pool,
/// as `gcloud iam workload-identity-pools create-cred-config` writes it as a file of type `external_account`.
///
/// What the other one says of the identity is exchanged for a token at Google's Security Token Service and, where the
/// file names a service account, that for a token of the account.
public struct ExternalAccountCredential: Sendable, Hashable {
    /// The pool's provider, as its full resource name.
    public var audience: String
    /// What kind of token the other one gives out, for example `urn:ietf:params:oauth:token-type:jwt`.
    public var subjectTokenType: String
    /// Where the other one's token is exchanged. Defaults to Google.
    public let tokenEndpoint: HTTPEndpoint
    /// The service account to act as, if there is one.
    public var impersonation: Impersonation?
    /// The project that pays, if the file names one.
    public var quotaProjectID: String?
    /// Where the other one's token is from.
    let source: SubjectTokenSource
    /// The OAuth client of a workforce pool, if it has one.
    let client: BasicAuthorization?
    /// The project that a workforce pool's users are counted to.
    let userProject: String?

    /// Google's Security Token Service.
    private static let googleTokenURI = "https://sts.googleapis.com/v1/token"

    /// The part of the request that only some features need, as JSON.
    private struct Options: Encodable {
        var userProject: String
    }

    /// Exchanges a token of the other one for one of Google's.
    func fetchToken(scopes: [String], _ context: TokenContext) async throws -> TokenResponse {
        let subjectToken = try await source.fetch(for: self, context)
        let options = try client == nil ? userProject.map { try JSONEncoder().encode(Options(userProject: $0)) } : nil
        let endpoint = TokenEndpoint(address: tokenEndpoint, context: context)
        let form: KeyValuePairs = [
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": audience,
            "scope": scopes.joined(separator: " "),
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": subjectToken.reveal(),
            "subject_token_type": subjectTokenType,
            "options": options.map { String(decoding: $0, as: UTF8.self) } ?? "{}",
        ]
        return try await endpoint.post(form, exchange: .foreignIdentity, authorization: client?.value)
    }
}

extension ExternalAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        struct ImpersonationOptions: Decodable {
            var token_lifetime_seconds: Int64?
        }

        var audience: String?
        var subject_token_type: String?
        var token_url: String?
        var credential_source: SubjectTokenSource.File?
        var service_account_impersonation_url: String?
        var service_account_impersonation: ImpersonationOptions?
        var client_id: String?
        var client_secret: String?
        var workforce_pool_user_project: String?
        var quota_project_id: String?
    }

    init(_ file: File) throws(OAuthError) {
        guard let audience = file.audience, !audience.isEmpty else { throw .incomplete("audience") }
        guard let type = file.subject_token_type, !type.isEmpty else { throw .incomplete("subject_token_type") }
        guard let source = file.credential_source else { throw .incomplete("credential_source") }
        self.audience = audience
        subjectTokenType = type
        tokenEndpoint = try GoogleAddress.trusted(
            file.token_url ?? Self.googleTokenURI, name: "token_url", at: .securityTokens)
        let lifetime = file.service_account_impersonation?.token_lifetime_seconds ?? 3600
        impersonation = try file.service_account_impersonation_url.map { url throws(OAuthError) in
            try Impersonation(url: url, lifetime: .seconds(lifetime))
        }
        self.source = try SubjectTokenSource(source)
        client = file.client_id.map { BasicAuthorization(name: $0, password: Secret(file.client_secret ?? "")) }
        userProject = file.workforce_pool_user_project
        quotaProjectID = file.quota_project_id
    }
}

/// A name and a password as they go into the `Authorization` header (RFC 7617).
struct BasicAuthorization: Sendable, Hashable {
    var name: String
    var password: Secret

    var value: Secret { Secret("Basic " + Data("\(name):\(password.reveal())".utf8).base64EncodedString()) }
}
