import CryptoExtras
import Foundation
public import GoogleHTTP

/// A service account's key, as Google's console hands it out as a file of type `service_account`.
///
/// It is exchanged at its token endpoint for access tokens of an hour, which are good for the scopes that are asked for
/// and can be asked about; a request that is signed itself would save one exchange an hour, and its errors would be
/// BigQuery's, which do not tell a wrong key from a wrong clock.
public struct ServiceAccountCredential: Sendable, Hashable {
    /// The account's address.
    public var email: String
    /// The key's id; `nil` if it is not known.
    public var keyID: String?
    /// The private key in PEM, PKCS#8 or PKCS#1.
    public let privateKey: Secret
    /// Where assertions are exchanged. Defaults to Google.
    public let tokenEndpoint: HTTPEndpoint
    /// The project that pays: the file's `quota_project_id`, else its `project_id`, which the account belongs to.
    public var quotaProjectID: String?

    /// Makes a credential.
    ///
    /// - Parameter tokenURI: https on a host of Google that exchanges tokens, or a loopback address.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` for any other token endpoint, or `credentialsInvalid` for
    ///   an empty address or a key that cannot be read.
    public init(
        email: String, keyID: String? = nil, privateKey: Secret,
        tokenURI: String = AuthorizedUserCredential.googleTokenURI, quotaProjectID: String? = nil
    ) throws(OAuthError) {
        self.email = email
        self.keyID = keyID
        self.privateKey = privateKey
        self.quotaProjectID = quotaProjectID
        tokenEndpoint = try GoogleAddress.trusted(tokenURI, name: "token_uri")
        guard !email.isEmpty else { throw .incomplete("client_email") }
        guard !privateKey.isEmpty else { throw .incomplete("private_key") }
        _ = try key()
    }

    private func key() throws(OAuthError) -> _RSA.Signing.PrivateKey {
        do {
            return try _RSA.Signing.PrivateKey(pemRepresentation: privateKey.reveal())
        } catch {
            // What the parser says could repeat a part of the key.
            throw OAuthError(
                code: .credentialsInvalid, message: "private_key is no RSA key in PEM of at least 2,048 bits",
                hint:
                    "take the file as it was downloaded: the key begins with -----BEGIN PRIVATE KEY----- and its lines end with \\n"
            )
        }
    }

    /// Exchanges an assertion for an access token.
    func fetchToken(scopes: [String], _ context: TokenContext) async throws -> TokenResponse {
        let assertion = try SignedAssertion(
            issuer: email, scopes: scopes, audience: tokenEndpoint.description, now: context.now()
        ).signed(with: try key(), keyID: keyID)
        return try await TokenEndpoint(address: tokenEndpoint, context: context).post(
            ["grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion.reveal()],
            exchange: .signedAssertion)
    }
}

extension ServiceAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        var client_email: String?
        var private_key_id: String?
        var private_key: String?
        var project_id: String?
        var quota_project_id: String?
        var token_uri: String?
    }

    init(_ file: File) throws(OAuthError) {
        try self.init(
            email: file.client_email ?? "", keyID: file.private_key_id, privateKey: Secret(file.private_key ?? ""),
            tokenURI: file.token_uri ?? AuthorizedUserCredential.googleTokenURI,
            quotaProjectID: file.quota_project_id ?? file.project_id)
    }
}

extension OAuthError {
    /// Credentials without a member that they need.
    static func incomplete(_ name: String) -> OAuthError {
        OAuthError(
            code: .credentialsInvalid, message: "the credentials have no \(name)",
            hint: "take the file as it was made, or make it again")
    }
}
