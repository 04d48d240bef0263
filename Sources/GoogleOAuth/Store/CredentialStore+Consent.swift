import GoogleHTTP

/// A consent request between its two halves, and what is stored with its credential in the end.
public struct PendingConsent: Sendable {
    /// The request.
    public var request: ConsentRequest
    /// The project that pays.
    public var project: String?
    /// The BigQuery that the credential is for; `nil` for Google's.
    public var endpoint: String?
    /// Whether the redirect URI is to be taken for the next consent too: not a port that was free by chance.
    public var keepsRedirectURI: Bool

    /// Makes one of a request.
    public init(
        _ request: ConsentRequest, project: String? = nil, endpoint: String? = nil, keepsRedirectURI: Bool = false
    ) {
        self.request = request
        self.project = project
        self.endpoint = endpoint
        self.keepsRedirectURI = keepsRedirectURI
    }
}

extension CredentialStore {
    /// The file of a consent request that waits for its answer. It holds the proof key and the client's secret.
    private struct ConsentFile: Codable {
        var clientID: String
        var clientSecret: String
        var client: StoredCredential.Client
        var tokenURI: String
        var redirectURI: String
        var scopes: [String]
        var state: String
        var verifier: String
        var project: String?
        var endpoint: String?
        var keepsRedirectURI: Bool
    }

    var consentFile: PrivateFile { PrivateFile(path: folder + "/consent.json") }

    /// Keeps a consent request until its answer comes, in a file that only the user may read. One that waits
    /// already is replaced.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore` or `unsafePermissions`.
    public func keep(_ pending: PendingConsent) throws(OAuthError) {
        let (request, client) = (pending.request, pending.request.client)
        let file = ConsentFile(
            clientID: client.id, clientSecret: client.secret.reveal(),
            client: .init(
                kind: client.kind, redirectURIs: client.redirectURIs,
                authorizationURI: client.authorizationEndpoint.description, redirectURI: nil
            ),
            tokenURI: client.tokenEndpoint.description, redirectURI: request.redirectURI, scopes: request.scopes,
            state: request.state, verifier: request.proofKey.verifier.reveal(), project: pending.project,
            endpoint: pending.endpoint, keepsRedirectURI: pending.keepsRedirectURI
        )
        try consentFile.write(try CredentialJSON.encode(file))
    }

    /// The consent request that waits.
    ///
    /// - Throws: ``OAuthError`` with code `noPendingConsent` if there is none, or `unsafePermissions`.
    public func pendingConsent() throws(OAuthError) -> PendingConsent {
        guard let bytes = try consentFile.read(),
            let file = try? CredentialJSON.decode(ConsentFile.self, from: bytes)
        else { throw Self.noPendingConsent }
        let client = try OAuthClient(
            id: file.clientID, secret: Secret(file.clientSecret), kind: file.client.kind,
            redirectURIs: file.client.redirectURIs, authorizationURI: file.client.authorizationURI,
            tokenURI: file.tokenURI
        )
        let request = try ConsentRequest(
            client: client, redirectURI: file.redirectURI, scopes: file.scopes, state: file.state,
            proofKey: ProofKey(verifier: Secret(file.verifier))
        )
        return PendingConsent(
            request, project: file.project, endpoint: file.endpoint, keepsRedirectURI: file.keepsRedirectURI
        )
    }

    /// Removes the consent request that waits, before its one use.
    ///
    /// - Throws: ``OAuthError`` with code `noPendingConsent` if somebody else has used it meanwhile.
    public func usePendingConsent() throws(OAuthError) {
        guard try consentFile.remove() else { throw Self.noPendingConsent }
    }

    private static let noPendingConsent = OAuthError(
        code: .noPendingConsent, message: "no consent request waits for its answer; each is used once",
        hint: "start with bqpull auth url, and open the address that it prints"
    )
}
