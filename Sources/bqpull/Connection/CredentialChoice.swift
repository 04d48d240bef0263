import GoogleHTTP
import GoogleOAuth

/// Which credentials go to an endpoint.
///
/// To a loopback endpoint go only credentials whose token endpoint is loopback too, or that the user named for
/// it; others that happen to lie around are real ones and stay here.
struct CredentialChoice {
    var credential: AuthorizedUserCredential?
    var warnings: [String] = []

    init(search: CredentialSearch, named path: String?, endpoint: HTTPEndpoint?) throws {
        guard let endpoint, endpoint.isLoopback, path == nil else {
            guard let finding = try search.first(named: path) else {
                throw OAuthError(
                    code: .noCredentials, message: "no credentials were found",
                    hint:
                        "give --credentials FILE with an authorized_user JSON file, or set BQPULL_CLIENT_ID, BQPULL_CLIENT_SECRET and BQPULL_REFRESH_TOKEN"
                )
            }
            credential = finding.credential
            warnings = [finding.warning].compactMap { $0 }
            return
        }
        // What cannot be read here would not be sent either.
        let finding = try? search.first(named: nil)
        if let finding, finding.credential.tokenEndpoint.isLoopback {
            credential = finding.credential
            warnings = [finding.warning].compactMap { $0 }
        } else if let finding {
            warnings = [
                "no credentials were sent to \(endpoint.host): those of \(printable(finding.source)) are for Google"
            ]
        } else {
            warnings = ["no credentials were sent to \(endpoint.host), since none were found"]
        }
    }
}
