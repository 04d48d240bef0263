import Foundation
public import GoogleHTTP
import TextSupport

/// A client and a refresh token: the credential of Azure Data Factory's BigQuery connector, and the type
/// `authorized_user` of gcloud's application-default login.
///
/// ```swift
/// import GoogleHTTP
/// import GoogleOAuth
///
/// let credential = try AuthorizedUserCredential(
///     clientID: "123.apps.googleusercontent.com", clientSecret: Secret("the client secret"),
///     refreshToken: Secret("the refresh token"))
/// let file = try credential.authorizedUserFile()  // the same as a file for Google's libraries
/// ```
public struct AuthorizedUserCredential: Sendable, Hashable {
    /// The OAuth client's ID.
    public package(set) var clientID: String
    /// The OAuth client's secret.
    public package(set) var clientSecret: Secret
    /// The refresh token.
    public package(set) var refreshToken: Secret
    /// The endpoint that exchanges the refresh token. Defaults to Google's.
    package let tokenEndpoint: HTTPEndpoint
    /// The billing project, if the file names one.
    public package(set) var quotaProjectID: String?

    /// Google's token endpoint.
    package static let googleTokenURI = GoogleAddress.token

    /// Creates a credential from its three values.
    ///
    /// - Parameters:
    ///   - clientID: the OAuth client's ID.
    ///   - clientSecret: the OAuth client's secret.
    ///   - refreshToken: the refresh token.
    ///   - tokenURI: https on a Google host that exchanges tokens, or a loopback URL. Defaults to Google's.
    ///   - quotaProjectID: the billing project. Defaults to none.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` for any other token endpoint, or
    ///   `credentialsInvalid` for an empty value.
    public init(
        clientID: String, clientSecret: Secret, refreshToken: Secret,
        tokenURI: String? = nil, quotaProjectID: String? = nil
    ) throws(OAuthError) {
        let values = [
            ("client_id", clientID.isEmpty), ("client_secret", clientSecret.isEmpty),
            ("refresh_token", refreshToken.isEmpty),
        ]
        for (name, isEmpty) in values where isEmpty {
            throw OAuthError(
                code: .credentialsInvalid, message: "the credential has no \(name)", detail: .notAuthorizedUser)
        }
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.refreshToken = refreshToken
        self.quotaProjectID = quotaProjectID
        tokenEndpoint = try GoogleAddress.trusted(tokenURI ?? GoogleAddress.token, name: "token_uri")
    }

    /// Exchanges the refresh token for an access token.
    package func fetchToken(_ context: TokenContext) async throws -> TokenResponse {
        let form: KeyValuePairs = [
            "grant_type": "refresh_token", "client_id": clientID, "client_secret": clientSecret.reveal(),
            "refresh_token": refreshToken.reveal(),
        ]
        return try await context.post(form, to: tokenEndpoint, exchange: .refreshToken)
    }
}

extension AuthorizedUserCredential {
    /// The members of an `authorized_user` file. All are optional, so that an error can name a missing one.
    package struct File: Codable {
        /// A list, or text separated by spaces. Any other value is ignored.
        private struct Scopes: Codable {
            var values: [String]

            init(_ values: [String]) {
                self.values = values
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                // A list, or a text as other programs write it. The scopes are only reported, so that any other value
                // means that they are unknown.
                values =
                    (try? container.decode([String].self))
                    ?? (try? container.decode(String.self)).map(scopeList) ?? []
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(values)
            }
        }

        private enum CodingKeys: String, CodingKey {
            case type, scopes
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case refreshToken = "refresh_token"
            case tokenURI = "token_uri"
            case quotaProjectID = "quota_project_id"
        }

        private var type: String?
        private var clientID: String?
        private var clientSecret: String?
        private var refreshToken: String?
        private var tokenURI: String?
        private var quotaProjectID: String?
        private var scopes: Scopes?

        /// The scopes of the consent; empty if they are unknown.
        package var grantedScopes: [String] { scopes?.values ?? [] }

        /// Creates the file of a credential.
        package init(_ credential: AuthorizedUserCredential, scopes: [String] = []) {
            type = "authorized_user"
            clientID = credential.clientID
            clientSecret = credential.clientSecret.reveal()
            refreshToken = credential.refreshToken.reveal()
            tokenURI = credential.tokenEndpoint.description
            quotaProjectID = credential.quotaProjectID
            self.scopes = scopes.isEmpty ? nil : Scopes(scopes)
        }

        /// Returns the credential in the file.
        ///
        /// - Throws: ``OAuthError`` with code `credentialsInvalid` if it is incomplete or of another type, or
        ///   `untrustedTokenURI`.
        package func credential() throws(OAuthError) -> AuthorizedUserCredential {
            guard type == nil || type == "authorized_user" else {
                throw OAuthError(
                    code: .credentialsInvalid,
                    message: "the credential is of type \(printable(type ?? "", limit: 60))",
                    detail: .notAuthorizedUser)
            }
            return try AuthorizedUserCredential(
                clientID: clientID ?? "", clientSecret: Secret(clientSecret ?? ""),
                refreshToken: Secret(refreshToken ?? ""), tokenURI: tokenURI,
                quotaProjectID: quotaProjectID
            )
        }
    }

    /// Reads an `authorized_user` JSON file. Blocks the thread.
    ///
    /// - Parameter path: the file, of at most 64 KiB, or an inherited pipe (`/dev/fd/N`), which can be silent for 10
    ///   seconds.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it
    ///   is not an `authorized_user` file or incomplete, `untrustedTokenURI` if it names an untrusted token endpoint.
    public init(contentsOfFile path: String) throws(OAuthError) {
        let bytes = try CredentialFile.read(path)
        self = try CredentialFile.naming(path) { () throws(OAuthError) in
            try CredentialFile.decode(File.self, from: bytes, detail: .notAuthorizedUser).credential()
        }
    }

    /// The credential as an `authorized_user` JSON file, as Google's libraries read it. It contains the secrets.
    ///
    /// - Returns: the file, in UTF-8.
    /// - Throws: ``OAuthError`` with code `cannotStore`, which would be a bug.
    public func authorizedUserFile() throws(OAuthError) -> [UInt8] {
        try CredentialFile.encode(File(self))
    }
}
