import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth

/// The first half of a consent: the client, the scopes, and the settings to store with the credential.
///
/// Defaults are those of the stored credential of the same client, so that an expired login is renewed without options.
struct ConsentStart {
    let client: OAuthClient
    let store: CredentialStore
    /// The redirect URI, unless it is a port of this machine that can be chosen.
    let fixedRedirectURI: String?
    private let scopes: [String]
    private let project: String?
    private let endpoint: String?

    init(_ options: ClientOptions, _ credential: CredentialOptions, _ connection: Connection, input: LineInput)
        async throws
    {
        store = try credential.store()
        let kept = try store.readUnlessDamaged()
        let client = try await options.client(credential, stored: kept, input: input)
        try store.prepare()
        self.client = client
        let stored = kept.flatMap {
            $0.credential.clientID == client.id && $0.credential.tokenEndpoint == client.tokenEndpoint ? $0 : nil
        }
        fixedRedirectURI = try options.fixedRedirectURI(of: client, stored: stored?.client?.redirectURI)
        scopes =
            options.scopes ?? stored.flatMap { $0.scopes.isEmpty ? nil : $0.scopes } ?? [ConsentRequest.bigQueryScope]
        project = connection.namedProject ?? stored?.credential.quotaProjectID
        let tokenEndpoint = client.tokenEndpoint
        let implied = tokenEndpoint.isLoopback ? tokenEndpoint.origin : nil
        let endpoint = try connection.namedEndpoint ?? (stored?.endpoint ?? implied).map { try HTTPEndpoint($0) }
        if let endpoint, endpoint.isLoopback, !tokenEndpoint.isLoopback {
            throw CommandError(
                .invalidConfiguration, "this client's tokens are for Google, and are not sent to \(endpoint.host)",
                hint: "leave --endpoint out and unset BIGQUERY_EMULATOR_HOST, or use the client file of the emulator")
        }
        self.endpoint = endpoint?.description
        if !scopes.contains(where: { $0.hasSuffix("bigquery") || $0.hasSuffix("cloud-platform") }) {
            Diagnostics.warning("none of these scopes permits queries; add --scope bigquery")
        }
    }

    /// The consent request, with the settings to store with its credential. A desktop client's browser is redirected to
    /// `port` on this machine.
    func pendingConsent(port: Int) throws -> PendingConsent {
        let request = try ConsentRequest(
            client: client, redirectURI: fixedRedirectURI ?? "http://127.0.0.1:\(port)", scopes: scopes
        )
        return PendingConsent(
            request, project: project, endpoint: endpoint, keepsRedirectURI: fixedRedirectURI != nil
        )
    }
}

extension CredentialStore {
    /// The stored credential; `nil`, with a warning, for an invalid file, which is about to be replaced.
    func readUnlessDamaged() throws -> StoredCredential? {
        do throws(OAuthError) {
            return try read()
        } catch {
            guard error.code == .credentialsInvalid else { throw error }
            Diagnostics.warning("\(error.message)")
            return nil
        }
    }
}
