import GoogleHTTP
import GoogleOAuth
import TextSupport

/// Which credentials go to which endpoint.
///
/// To a loopback endpoint go only credentials whose token endpoint is loopback too, or that the user named for it;
/// others that happen to lie around are real ones and stay here.
struct CredentialChoice {
    /// The credentials; `nil` if none go to the endpoint.
    let finding: CredentialSearch.Finding?
    /// The endpoint; `nil` for Google's.
    let endpoint: HTTPEndpoint?
    /// What the user should know about the choice.
    let warning: String?

    /// - Parameters:
    ///   - endpoint: the one that the user named; without one the credentials' own counts.
    ///   - context: for the look for a metadata server where nothing else was found.
    init(
        search: CredentialSearch, choice: CredentialSearch.Choice, endpoint named: HTTPEndpoint?, context: TokenContext
    ) async throws {
        var finding: CredentialSearch.Finding?
        var problem: (any Error)?
        // Of the file of the credentials, which may be a pipe.
        let found = try await onOwnThread {
            Result { try search.firstOrSuggestion(choice) }
        }
        do {
            finding = try found.get()
        } catch {
            // What cannot be read here would mostly not be sent to this machine either.
            guard named?.isLoopback == true, choice == .anywhere else { throw error }
            problem = error
        }
        // To this machine go none of a machine of Google's, unless this one plays it.
        if finding == nil, problem == nil, choice == .anywhere {
            finding = try await search.lastResort(isLocal: named?.isLoopback == true, context)
        }
        endpoint = try named ?? finding?.stored?.endpoint.map { try HTTPEndpoint($0) }
        guard let endpoint, endpoint.isLoopback else {
            guard let finding else { throw Self.noCredentials() }
            self.finding = finding
            warning = finding.warning
            return
        }
        if let finding, finding.isNamed || finding.credential.isLocal {
            self.finding = finding
            warning = finding.warning
        } else {
            self.finding = nil
            let reason =
                problem.map { ": \(Failure($0).message)" } ?? finding.map {
                    ": those of \(printable($0.source)) are for Google"
                }
                ?? ", since none were found"
            warning = "no credentials were sent to \(endpoint.host)\(reason)"
        }
    }

    /// The credentials, for a command that needs some.
    func required() throws -> CredentialSearch.Finding {
        guard let finding else { throw Self.noCredentials(warning) }
        return finding
    }

    static func noCredentials(_ message: String? = nil) -> OAuthError {
        OAuthError(
            code: .noCredentials, message: message ?? "no credentials were found",
            hint:
                "bqpull auth login gets some; or give --credentials FILE with a JSON file of credentials, or --token-command, or set BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN"
        )
    }
}
