import ArgumentParser
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth login`: asks for consent in the browser, and stores the refresh token that it brings.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Get a refresh token: consent in the browser, exchange, store.",
        discussion: """
            Examples:
              bqpull auth login --client-file client_secret.json --project my-project
              bqpull auth login --no-browser            # again, with the client that is stored
            Without a client it shows how to make one.
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(help: "Open no browser: print the address, and take the one at which the browser ends.")
    var noBrowser = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await Interruption.catching(note: "nothing was stored") {
            try await Connection.with(connection) { connection in
                try await logIn(connection)
            }
        }
    }

    private func logIn(_ connection: Connection) async throws {
        let input = LineInput()
        let profile = self.connection.credential.profile
        let store = try CredentialSearch(environment: ProcessEnvironment.variables).store(profile: profile)
        let oauthClient = try await client.client(self.connection.credential, store: store, input: input)
        let end = ConsentEnd(connection: connection, store: store, profile: profile, json: self.connection.json)

        let fixedURI = try client.fixedRedirectURI(of: oauthClient)
        if let fixedURI, ConsentRequest.loopbackPort(ofRedirectURI: fixedURI) == nil {
            let pending = try self.pending(oauthClient, redirectURI: fixedURI, connection)
            open(pending.request, listens: false)
            try await end.finish(pending, code: try await pastedCode(for: pending.request, input: input))
            return
        }
        let port = fixedURI.flatMap(ConsentRequest.loopbackPort(ofRedirectURI:)) ?? client.port ?? 0
        let (pending, code) = try await LoopbackListener.with(port: port) { listener in
            let uri = fixedURI ?? ClientOptions.redirectURI(port: listener.port)
            let pending = try self.pending(oauthClient, redirectURI: uri, connection)
            open(pending.request, listens: true)
            let code = try await receivedCode(for: pending.request, listener: listener, input: input)
            return (pending, code)
        }
        try await end.finish(pending, code: code)
    }

    private func pending(_ client: OAuthClient, redirectURI: String, _ connection: Connection) throws -> PendingConsent
    {
        try connection.pendingConsent(
            ConsentRequest(client: client, redirectURI: redirectURI, scopes: self.client.scopes)
        )
    }

    /// Whether an address may be pasted: where somebody types, or where a script was told that it has to.
    private var takesPaste: Bool { noBrowser || LineInput.isTerminal }

    private func open(_ request: ConsentRequest, listens: Bool) {
        let isOpened = !noBrowser && Browser.open(request.url)
        var text = isOpened ? "a browser was opened; if it shows nothing, open this address:\n" : "open this address:\n"
        text += "\n  \(request.url)\n\n"
        switch (listens, takesPaste) {
        case (true, true):
            text += "waiting for the answer. If the browser ends at an error page, paste its address here:\n"
        case (true, false): text += "waiting for the answer\n"
        case (false, _):
            text +=
                "the browser will end at \(printable(request.redirectURI, limit: 200)), maybe with an error page. Paste its address here:\n"
        }
        StandardError.write(text)
    }

    /// The code that the browser brings, or that is in the address that somebody pastes: the first of both.
    private func receivedCode(
        for request: ConsentRequest, listener: LoopbackListener, input: LineInput
    ) async throws -> Secret {
        try await withThrowingTaskGroup(of: Secret?.self) { group in
            group.addTask { try await listener.authorizationCode(for: request) }
            if takesPaste {
                // The end of the input is not the end of the login, which the browser may still bring about.
                group.addTask { try await pastedCode(for: request, input: input, endsWithInput: false) }
            }
            defer { group.cancelAll() }
            while let code = try await group.next() {
                if let code { return code }
            }
            throw CancellationError()
        }
    }

    private func pastedCode(for request: ConsentRequest, input: LineInput) async throws -> Secret {
        guard let code = try await pastedCode(for: request, input: input, endsWithInput: true) else {
            throw OAuthError(
                code: .noCode, message: "no address was pasted",
                hint: "run the command again, and paste the address at which the browser ends"
            )
        }
        return code
    }

    /// Reads lines until one has a code; at a terminal a wrong one may be tried again.
    private func pastedCode(
        for request: ConsentRequest, input: LineInput, endsWithInput: Bool
    ) async throws -> Secret? {
        while let line = await input.next() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            do throws(OAuthError) {
                return try request.authorizationCode(fromPasted: line)
            } catch {
                guard LineInput.isTerminal, error.code == .noCode || error.code == .wrongState else { throw error }
                StandardError.write("\(error.message)\nhint: \(error.hint ?? "")\npaste again:\n")
            }
        }
        try Task.checkCancellation()
        return nil
    }
}
