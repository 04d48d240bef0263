import ArgumentParser
import CredentialStore
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth exchange`: the second half of a login.
struct AuthExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Exchange the redirect of bqpull auth url for a refresh token.",
        discussion: """
            Reads one line from standard input: the URL you were redirected to, or the
            code in it.

            Examples:
              echo "$address" | bqpull auth exchange
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching(note: .init(message: "nothing was stored")) {
            try await Connection.with(connection) { try await exchange($0) }
        }
    }

    private func exchange(_ connection: Connection) async throws {
        let store = try self.connection.credential.store()
        var pending = try store.pendingConsent()
        // The values of auth url apply, unless they are passed again.
        if let project = self.connection.project { pending.project = project }
        if self.connection.endpoint != nil { pending.endpoint = connection.namedEndpoint?.description }
        if LineInput.isTerminal { StandardError.write("paste the URL you were redirected to:\n") }
        guard let code = try await PastedAnswer.code(for: pending.request, from: LineInput()) else {
            throw PastedAnswer.missing
        }
        try store.usePendingConsent()
        do {
            try await ConsentEnd.finish(pending, code: code, in: store, connection, self.connection)
        } catch {
            throw Self.afterUse(error)
        }
    }

    /// The error of a consent that was used without a result.
    private static func afterUse(_ error: any Error) -> any Error {
        let hint = "start again with bqpull auth url; a code works once"
        return switch error {
        case let error as HTTPError: error.hinted(hint)
        case let error as OAuthError where error.isTransient || error.code == .storeLocked: error.hinted(hint)
        default: error
        }
    }
}
