import ArgumentParser
import CredentialStore
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth token`: an access token for other programs.
struct AuthTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print an access token, for curl and the like.",
        discussion: """
            The token is written to standard output, which keeps it out of the process
            list.

            Examples:
              bqpull auth token --header | curl -H @- \\
                  https://bigquery.googleapis.com/bigquery/v2/projects
            """
    )

    @Flag(help: "Print it as the header line `Authorization: Bearer …`.")
    var header = false

    @OptionGroup var connection: ConnectionOptions

    /// The response as in RFC 6749.
    private struct Response: Encodable {
        var accessToken: String
        var tokenType = "Bearer"
        var expiresIn: Int64?
        var scope: String?

        private enum CodingKeys: String, CodingKey {
            case scope
            case accessToken = "access_token"
            case tokenType = "token_type"
            case expiresIn = "expires_in"
        }
    }

    func validate() throws {
        guard !header || !connection.json else { throw ValidationError("Give --header or --json, not both") }
    }

    func run() async throws {
        let (token, response) = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                let tokens = connection.tokens(of: try await connection.chooseCredential().required())
                let token = try await tokens.accessToken()
                connection.showWarnings()
                return (token, await tokens.latestResponse)
            }
        }
        if connection.json {
            try StandardOutput.writeJSON(
                Response(
                    accessToken: token.value.reveal(), expiresIn: response?.lifetime?.components.seconds,
                    scope: response?.scopes?.joined(separator: " ")
                )
            )
        } else {
            let line = header ? "Authorization: \(token.authorization.reveal())" : token.value.reveal()
            try StandardOutput.write(line + "\n")
        }
    }
}
