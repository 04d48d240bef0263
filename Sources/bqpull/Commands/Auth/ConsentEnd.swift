import Foundation
import GoogleHTTP
import GoogleOAuth

/// The second half of a consent: the code is exchanged, what it brought is stored and shown.
struct ConsentEnd {
    let connection: Connection
    let store: CredentialStore
    let profile: String?
    let json: Bool

    func finish(_ pending: PendingConsent, code: Secret) async throws {
        let exchange = CodeExchange(transport: connection.transport, onRepetition: connection.onRepetition)
        let stored = try await exchange.exchange(code, for: pending, storingIn: store)
        try Self.show(stored, in: store, profile: profile, json: json)
    }

    /// Shows what was stored, and what to do next.
    static func show(_ stored: StoredCredential, in store: CredentialStore, profile: String?, json: Bool) throws {
        let summary = CredentialSummary(stored.credential, source: store.path, stored: stored)
        let variables = CredentialSearch(environment: ProcessEnvironment.variables).variablesBeforeStore
        if profile == nil, !variables.isEmpty {
            StandardError.write(
                "warning: what was stored is not used while \(variables.joined(separator: ", ")) is set\n")
        }
        let option = profile.map { " --profile \($0)" } ?? ""
        StandardError.write(
            """
            \(summary.text)try:
              bqpull auth test\(option)
              bqpull query 'SELECT 1 AS one' --into staging.db\(option)\(stored.credential.quotaProjectID == nil ? " --project PROJECT" : "")

            """
        )
        if json { try StandardOutput.writeJSON(summary) }
    }
}

extension Connection {
    /// A consent request with what belongs to it: the project that was named, and the endpoint that was named or
    /// that the client's token endpoint implies.
    ///
    /// - Throws: ``CommandError`` if the refresh token of Google's would be for an endpoint on this machine.
    func pendingConsent(_ request: ConsentRequest) throws -> PendingConsent {
        let tokenEndpoint = request.client.tokenEndpoint
        if let namedEndpoint, namedEndpoint.isLoopback, !tokenEndpoint.isLoopback {
            throw CommandError(
                message: "this client's tokens are Google's, and are not sent to \(namedEndpoint.host)",
                exitStatus: .configuration, hint: "leave --endpoint out, or use the client file of the emulator"
            )
        }
        let implied = tokenEndpoint.isLoopback ? tokenEndpoint.origin : nil
        return PendingConsent(request, project: namedProject, endpoint: namedEndpoint?.description ?? implied)
    }
}
