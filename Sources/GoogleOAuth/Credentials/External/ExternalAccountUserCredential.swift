import Foundation
public import GoogleHTTP

/// A user of a workforce pool who has logged in, as `gcloud auth application-default login --login-config` writes it as a
/// file of type `external_account_authorized_user`.
public struct ExternalAccountUserCredential: Sendable, Hashable {
    /// The OAuth client's id.
    public var clientID: String
    /// The OAuth client's secret.
    public var clientSecret: Secret
    /// The refresh token.
    public var refreshToken: Secret
    /// Where the refresh token is exchanged. Defaults to Google.
    public let tokenEndpoint: HTTPEndpoint
    /// The project that pays, if the file names one.
    public var quotaProjectID: String?

    /// Google's Security Token Service, which exchanges the refresh tokens of workforce pools.
    private static let googleTokenURI = "https://sts.googleapis.com/v1/oauthtoken"
}

extension ExternalAccountUserCredential {
    /// The members of a file.
    struct File: Decodable {
        var client_id: String?
        var client_secret: String?
        var refresh_token: String?
        var token_url: String?
        var quota_project_id: String?
    }

    init(_ file: File) throws(OAuthError) {
        guard let clientID = file.client_id, !clientID.isEmpty else { throw .incomplete("client_id") }
        guard let clientSecret = file.client_secret, !clientSecret.isEmpty else { throw .incomplete("client_secret") }
        guard let refreshToken = file.refresh_token, !refreshToken.isEmpty else { throw .incomplete("refresh_token") }
        self.clientID = clientID
        self.clientSecret = Secret(clientSecret)
        self.refreshToken = Secret(refreshToken)
        tokenEndpoint = try GoogleAddress.trusted(
            file.token_url ?? Self.googleTokenURI, name: "token_url", at: .securityTokens)
        quotaProjectID = file.quota_project_id
    }
}

/// The exchanges of a refresh token of a workforce pool, or of those that replace it.
actor ExternalAccountUserExchange {
    private var credential: ExternalAccountUserCredential
    private let context: TokenContext

    init(_ credential: ExternalAccountUserCredential, context: TokenContext) {
        self.credential = credential
        self.context = context
    }

    func answer() async throws -> TokenResponse {
        let endpoint = TokenEndpoint(address: credential.tokenEndpoint, context: context)
        let client = BasicAuthorization(name: credential.clientID, password: credential.clientSecret)
        do {
            let answer = try await endpoint.post(
                ["grant_type": "refresh_token", "refresh_token": credential.refreshToken.reveal()],
                exchange: .refreshToken, authorization: client.value)
            if let rotated = answer.refreshToken {
                credential.refreshToken = rotated
                context.onWarning(
                    "\(endpoint.address.host) replaced the refresh token; the new one was not written back to where the old one is from, and the old one may work no longer"
                )
            }
            return answer
        } catch var error as OAuthError {
            if [.expiredOrRevoked, .damagedToken, .sessionControl].contains(error.code) {
                error.hint = "log in again: gcloud auth application-default login --login-config FILE"
            }
            throw error
        }
    }
}
