import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth

/// The first half of a consent: who asks for what, and what is stored with the answer.
///
/// What is not given is taken from the credentials that are stored for the same client, so that a login that has
/// ended is renewed without any option.
struct ConsentStart {
    let client: OAuthClient
    let store: CredentialStore
    /// The redirect URI that cannot be chosen; a desktop client takes any port of this machine instead.
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
                message: "this client's tokens are Google's, and are not sent to \(endpoint.host)",
                exitStatus: .configuration,
                hint: "leave --endpoint out and unset BIGQUERY_EMULATOR_HOST, or use the client file of the emulator"
            )
        }
        self.endpoint = endpoint?.description
        if !scopes.contains(where: { $0.hasSuffix("bigquery") || $0.hasSuffix("cloud-platform") }) {
            Diagnostics.warning("none of these scopes allows queries; add --scope bigquery")
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
    /// The stored credential; a file that is none is passed over with a warning, since it is about to be replaced.
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
