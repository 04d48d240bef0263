import GoogleHTTP
import GoogleOAuth

/// Which credentials go to which endpoint.
///
/// To a loopback endpoint go only credentials whose token endpoint is loopback too, or whose file the user named
/// for it; others that happen to lie around are real ones and stay here.
struct CredentialChoice {
    /// The credentials; `nil` if none go to the endpoint.
    let finding: CredentialSearch.Finding?
    /// The endpoint; `nil` for Google's.
    let endpoint: HTTPEndpoint?
    /// What the user should know about the choice.
    let warnings: [String]

    /// - Parameter endpoint: the one that the user named; without one the credentials' own counts.
    init(search: CredentialSearch, choice: CredentialSearch.Choice, endpoint named: HTTPEndpoint?) throws {
        let finding: CredentialSearch.Finding?
        if named?.isLoopback == true, choice == .anywhere {
            // What cannot be read here would not be sent either.
            finding = try? search.first()
        } else {
            finding = try search.first(choice)
            guard finding != nil else { throw Self.noCredentials }
        }
        endpoint = try named ?? finding?.stored?.endpoint.map { try HTTPEndpoint($0) }
        guard let endpoint, endpoint.isLoopback else {
            self.finding = finding
            warnings = [finding?.warning].compactMap(\.self)
            return
        }
        if let finding, finding.isNamed || finding.credential.tokenEndpoint.isLoopback {
            self.finding = finding
            warnings = [finding.warning].compactMap(\.self)
        } else {
            self.finding = nil
            let reason =
                finding.map { ": those of \(printable($0.source)) are for Google" } ?? ", since none were found"
            warnings = ["no credentials were sent to \(endpoint.host)\(reason)"]
        }
    }

    static let noCredentials = OAuthError(
        code: .noCredentials, message: "no credentials were found",
        hint:
            "bqpull auth login gets some; or give --credentials FILE with an authorized_user JSON file, or set BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN"
    )
}
