import CryptoExtras
import Foundation
package import GoogleHTTP

/// A service account key, as downloaded from Google's console: a file of type `service_account`.
///
/// It signs assertions, which its token endpoint exchanges for access tokens that are valid for an hour. (Signing each
/// request instead would save the exchange, but BigQuery's errors do not distinguish a wrong key from a wrong clock.)
public struct ServiceAccountCredential: Sendable, Hashable {
    /// The account's e-mail address.
    package var email: String
    /// The key's ID; `nil` if it is unknown.
    package var keyID: String?
    /// The private key in PEM, PKCS#8 or PKCS#1.
    package let privateKey: Secret
    /// The endpoint that exchanges assertions. Defaults to Google's.
    package let tokenEndpoint: HTTPEndpoint
    /// The billing project: the file's `quota_project_id`, else the account's project, `project_id`.
    package var quotaProjectID: String?

    /// Creates a credential.
    ///
    /// - Parameters:
    ///   - email: the account's e-mail address.
    ///   - keyID: the key's ID.
    ///   - privateKey: the private key in PEM.
    ///   - tokenURI: https on a Google host that exchanges tokens, or a loopback URL.
    ///   - quotaProjectID: the billing project.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` for any other token endpoint, or `credentialsInvalid` for
    ///   an empty address or an unreadable key.
    package init(
        email: String, keyID: String? = nil, privateKey: Secret,
        tokenURI: String? = nil, quotaProjectID: String? = nil
    ) throws(OAuthError) {
        self.email = email
        self.keyID = keyID
        self.privateKey = privateKey
        self.quotaProjectID = quotaProjectID
        tokenEndpoint = try GoogleAddress.trusted(tokenURI ?? GoogleAddress.token, name: "token_uri")
        guard !email.isEmpty else { throw .incomplete("client_email") }
        guard !privateKey.isEmpty else { throw .incomplete("private_key") }
        _ = try key()
    }

    private func key() throws(OAuthError) -> _RSA.Signing.PrivateKey {
        do {
            return try _RSA.Signing.PrivateKey(pemRepresentation: privateKey.reveal())
        } catch {
            // The parser's message could repeat a part of the key.
            throw OAuthError(
                code: .credentialsInvalid, message: "private_key is not an RSA key of at least 2,048 bits in PEM",
                detail: .privateKey)
        }
    }

    /// Exchanges an assertion for an access token.
    func fetchToken(scopes: [String], _ context: TokenContext) async throws -> TokenResponse {
        let assertion = try SignedAssertion(
            issuer: email, scopes: scopes, audience: tokenEndpoint.description, now: context.now()
        ).signed(with: try key(), keyID: keyID)
        return try await context.post(
            ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion.reveal()],
            to: tokenEndpoint, exchange: .signedAssertion)
    }
}

extension ServiceAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        var clientEmail: String?
        var privateKeyID: String?
        var privateKey: String?
        var projectID: String?
        var quotaProjectID: String?
        var tokenURI: String?

        private enum CodingKeys: String, CodingKey {
            case clientEmail = "client_email"
            case privateKeyID = "private_key_id"
            case privateKey = "private_key"
            case projectID = "project_id"
            case quotaProjectID = "quota_project_id"
            case tokenURI = "token_uri"
        }
    }

    init(_ file: File) throws(OAuthError) {
        try self.init(
            email: file.clientEmail ?? "", keyID: file.privateKeyID, privateKey: Secret(file.privateKey ?? ""),
            tokenURI: file.tokenURI, quotaProjectID: file.quotaProjectID ?? file.projectID)
    }
}

extension OAuthError {
    /// A credential without a required member.
    static func incomplete(_ name: String) -> OAuthError {
        OAuthError(code: .credentialsInvalid, message: "the credential has no \(name)", detail: .malformedFile)
    }
}
