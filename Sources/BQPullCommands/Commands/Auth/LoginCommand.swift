import ArgumentParser
import CredentialStore
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth login`: requests consent in the browser, and stores the refresh token.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Get a refresh token: consent in the browser, exchange, store.",
        discussion: """
            Without a client it shows how to create one.

            Examples:
              bqpull auth login --client-file client_secret.json --project my-project
              bqpull auth login --no-browser # again, with the client that is stored
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(help: "Open no browser: print the sign-in URL, and read the URL of the redirect.")
    var noBrowser = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching(note: .init(message: "nothing was stored")) {
            try await Connection.with(connection) { connection in
                try await logIn(connection)
            }
        }
    }

    private func logIn(_ connection: Connection) async throws {
        let input = LineInput()
        let start = try await ConsentStart(client, self.connection.credential, connection, input: input)
        let (pending, code) = try await consent(start, input: input)
        try await ConsentEnd.finish(pending, code: code, in: start.store, connection, self.connection)
    }

    /// Opens the sign-in URL, and waits for the redirect.
    private func consent(_ start: ConsentStart, input: LineInput) async throws -> (PendingConsent, Secret) {
        let fixedPort = start.fixedRedirectURI.map(ConsentRequest.loopbackPort(ofRedirectURI:))
        if case .some(nil) = fixedPort {
            let pending = try start.pendingConsent(port: 0)
            _ = await open(pending.request, listens: false)
            guard let code = try await PastedAnswer.code(for: pending.request, from: input) else {
                throw PastedAnswer.missing
            }
            return (pending, code)
        }
        return try await LoopbackListener.with(port: fixedPort.flatMap(\.self) ?? client.port ?? 0) { listener in
            let pending = try start.pendingConsent(port: listener.port)
            let redirect = listener.expectRedirect(of: pending.request)
            let takesPaste = await open(pending.request, listens: true)
            let code = try await firstCode(of: redirect, or: takesPaste ? input : nil, for: pending.request)
            return (pending, code)
        }
    }

    /// Opens the browser if there is one, and prints instructions.
    ///
    /// - Returns: whether to accept a pasted URL: at a terminal, and without a browser that can be redirected here.
    private func open(_ request: ConsentRequest, listens: Bool) async -> Bool {
        let isOpened = noBrowser ? false : await Browser.open(request.url)
        let takesPaste = !isOpened || LineInput.isTerminal
        var text = isOpened ? "a browser was opened; if it shows nothing, open this URL:\n" : "open this URL:\n"
        text += "\n  \(request.url)\n\n"
        switch (listens, takesPaste) {
        case (true, true):
            text += "waiting for the redirect. If the browser shows an error page, paste its URL here:\n"
        case (true, false): text += "waiting for the redirect\n"
        case (false, _):
            text +=
                "the browser will be redirected to \(printable(request.redirectURI, limit: 200)), which can show an error. Paste its URL here:\n"
        }
        Diagnostics.info(text)
        return takesPaste
    }

    /// The first code, from the redirect or from a pasted URL.
    private func firstCode(
        of redirect: LoopbackListener.ExpectedRedirect, or input: LineInput?, for request: ConsentRequest
    ) async throws -> Secret {
        try await withThrowingTaskGroup(of: Secret?.self) { group in
            group.addTask { try await redirect.authorizationCode() }
            if let input {
                // The end of the input does not end the login, which the browser can still complete.
                group.addTask { try await PastedAnswer.code(for: request, from: input) }
            }
            defer { group.cancelAll() }
            while let code = try await group.next() {
                if let code { return code }
            }
            throw CancellationError()
        }
    }
}
