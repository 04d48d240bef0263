import ArgumentParser

/// `bqpull auth`: the commands for credentials.
struct AuthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth",
        abstract: "Get a refresh token, test it end to end, export it to Data Factory.",
        discussion: """
            Examples:
              bqpull auth login --client-file client_secret.json --project my-project
              bqpull auth test
              bqpull auth export --for adf --name bigquery
            """,
        subcommands: [
            LoginCommand.self, AuthTestCommand.self, AuthStatusCommand.self, AuthExportCommand.self,
            AuthImportCommand.self, AuthTokenCommand.self, AuthRevokeCommand.self, AuthURLCommand.self,
            AuthExchangeCommand.self,
        ]
    )
}
