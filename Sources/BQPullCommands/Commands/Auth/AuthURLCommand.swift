import ArgumentParser
import CredentialStore
import GoogleOAuth
import TextSupport

/// `bqpull auth url`: the first half of a login, for scripts and for those who follow a guide.
struct AuthURLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url",
        abstract: "Print the address at which to consent, for another machine's browser.",
        discussion: """
            Examples:
              bqpull auth url --client-file client_secret.json --project my-project
              bqpull auth exchange      # and paste the address at which the browser ended
            """
    )

    @OptionGroup var client: ClientOptions

    @OptionGroup var connection: ConnectionOptions

    /// Where a desktop client's browser ends if no port was asked for; nothing listens there.
    private static let port = 8085

    func run() async throws {
        let request = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                let start = try await ConsentStart(client, self.connection.credential, connection, input: LineInput())
                let pending = try start.pendingConsent(port: client.port ?? Self.port)
                try start.store.keep(pending)
                return pending.request
            }
        }
        if connection.json {
            try StandardOutput.writeJSON(["url": request.url, "redirect_uri": request.redirectURI])
        } else {
            try StandardOutput.write(request.url + "\n")
        }
        let option = connection.credential.profile.map { " --profile \($0)" } ?? ""
        Diagnostics.info(
            """
            open it, allow access; the browser ends at \(printable(request.redirectURI, limit: 200)), maybe with an error page. Then:
              bqpull auth exchange\(option)
            and paste the address that the browser shows

            """
        )
    }
}
