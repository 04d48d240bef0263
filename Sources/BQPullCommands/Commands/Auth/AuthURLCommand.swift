import ArgumentParser
import CredentialStore
import GoogleOAuth
import TextSupport

/// `bqpull auth url`: the first half of a login, for scripts.
struct AuthURLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "url",
        abstract: "Print the sign-in URL, for a browser on another machine.",
        discussion: """
            Examples:
              bqpull auth url --client-file client_secret.json --project my-project
              bqpull auth exchange      # and paste the URL you were redirected to
            """
    )

    @OptionGroup var client: ClientOptions

    @OptionGroup var connection: ConnectionOptions

    /// The default port of a desktop client's redirect URI; nothing listens there.
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
            open it and allow access; the browser is redirected to \(printable(request.redirectURI, limit: 200)), which can show an error. Then run:
              bqpull auth exchange\(option)
            and paste the URL that the browser shows

            """
        )
    }
}
