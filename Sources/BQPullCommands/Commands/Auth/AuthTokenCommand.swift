import ArgumentParser
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth token`: an access token for other programs.
struct AuthTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print an access token, for curl and the like.",
        discussion: """
            The token goes to standard output; this way it stays out of the list of
            processes.

            Examples:
              bqpull auth token --header | curl -H @- \\
                  https://bigquery.googleapis.com/bigquery/v2/projects
            """
    )

    @Flag(help: "Print it as the header line `Authorization: Bearer …`.")
    var header = false

    @OptionGroup var connection: ConnectionOptions

    /// The answer in the words of RFC 6749.
    private struct Answer: Encodable {
        var access_token: String
        var token_type = "Bearer"
        var expires_in: Int64?
        var scope: String?
    }

    func validate() throws {
        guard !header || !connection.json else { throw ValidationError("Give --header or --json, not both") }
    }

    func run() async throws {
        let (token, answer) = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                let tokens = connection.tokens(of: try await connection.chooseCredentials().required())
                let token = try await tokens.accessToken()
                connection.showWarnings()
                return (token, await tokens.latestAnswer)
            }
        }
        if connection.json {
            try StandardOutput.writeJSON(
                Answer(
                    access_token: token.value.reveal(), expires_in: answer?.lifetime?.components.seconds,
                    scope: answer?.scopes?.joined(separator: " ")
                )
            )
        } else {
            let line = header ? "Authorization: \(token.authorization.reveal())" : token.value.reveal()
            try StandardOutput.write(line + "\n")
        }
    }
}
