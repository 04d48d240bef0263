import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth

/// The second half of a consent: exchanges the code, and stores and shows the credential.
enum ConsentEnd {
    static func finish(
        _ pending: PendingConsent, code: Secret, in store: CredentialStore, _ connection: Connection,
        _ options: ConnectionOptions
    ) async throws {
        let stored = try await store.exchange(code, for: pending, connection.tokenContext())
        try show(stored, in: store, profile: options.credential.profile, json: options.json)
    }

    /// Shows the stored credential and the next commands.
    static func show(_ stored: StoredCredential, in store: CredentialStore, profile: String?, json: Bool) throws {
        let summary = CredentialSummary(.authorizedUser(stored.credential), source: store.path, stored: stored)
        let variables = ProcessEnvironment.credentials.variablesBeforeStore
        if profile == nil, !variables.isEmpty {
            Diagnostics.warning(
                "what was stored is not used while \(variables.joined(separator: ", ")) is set")
        }
        let option = profile.map { " --profile \($0)" } ?? ""
        let project = stored.credential.quotaProjectID == nil ? " --project PROJECT" : ""
        Diagnostics.info(
            """
            \(summary.text)try:
              bqpull auth test\(option)\(project)
              bqpull query 'SELECT 1 AS one' --into staging.db\(option)\(project)

            """
        )
        if json { try StandardOutput.writeJSON(summary) }
    }
}
