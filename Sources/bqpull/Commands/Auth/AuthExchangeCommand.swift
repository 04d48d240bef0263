import ArgumentParser
import GoogleOAuth

/// `bqpull auth exchange`: the second half of a login.
struct AuthExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Exchange the answer to bqpull auth url for a refresh token, and store it.",
        discussion: """
            Reads one line from standard input: the address at which the browser ended, or the code in it.
            Example:
              echo "$address" | bqpull auth exchange
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching(note: "nothing was stored") {
            try await Connection.with(connection) { try await exchange($0) }
        }
    }

    private func exchange(_ connection: Connection) async throws {
        let options = self.connection
        let store = try CredentialSearch(environment: ProcessEnvironment.variables).store(
            profile: options.credential.profile)
        var pending = try store.pendingConsent()
        if let project = connection.namedProject { pending.project = project }
        if LineInput.isTerminal { StandardError.write("paste the address at which the browser ended:\n") }
        let line = await LineInput().next()
        try Task.checkCancellation()
        guard let line else {
            throw CommandError(
                message: "no address was given", exitStatus: .usage,
                hint: "pipe the address at which the browser ended, or run the command in a terminal and paste it"
            )
        }
        let code = try pending.request.authorizationCode(fromPasted: line)
        try store.usePendingConsent()
        try await ConsentEnd(
            connection: connection, store: store, profile: options.credential.profile, json: options.json
        ).finish(pending, code: code)
    }
}
