import Foundation

/// A command that prints an access token, for example `gcloud auth print-access-token`.
///
/// `/bin/sh` runs it. Its standard output is one line with the token, or a JSON object with `access_token` or `token`
/// and optionally `expires_in` in seconds or `expiry` as an ISO 8601 time. It inherits standard error and gets no input.
/// On cancellation it is terminated with its child processes. It runs again when the token is about to expire, or when
/// the service rejects it.
///
/// ```swift
/// import GoogleOAuth
///
/// let credential = GoogleCredential.command(
///     TokenCommand("gcloud auth print-access-token", timeLimit: .seconds(30)))
/// ```
public struct TokenCommand: Sendable, Hashable {
    /// The shell command. It must not contain a secret, since it appears in reports.
    public var command: String
    /// The time limit, after which the command is terminated. Defaults to a minute.
    public var timeLimit: Duration

    /// Creates a token command without running it.
    ///
    /// - Parameters:
    ///   - command: the shell command, without a secret.
    ///   - timeLimit: the time limit. Defaults to a minute.
    public init(_ command: String, timeLimit: Duration = .seconds(60)) {
        self.command = command
        self.timeLimit = timeLimit
    }

    private static let name = "the token command"

    /// A token as JSON.
    private struct Output: Decodable {
        var token: String
        var expiresIn: Double?
        var expiry: Date?

        private enum CodingKeys: String, CodingKey {
            case token, expiry
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            token =
                try container.decodeIfPresent(String.self, forKey: .accessToken)
                ?? container.decode(String.self, forKey: .token)
            // Without a usable lifetime, the token is used until the service rejects it.
            expiresIn =
                (try? container.decode(Double.self, forKey: .expiresIn))
                ?? (try? container.decode(String.self, forKey: .expiresIn)).flatMap(Double.init)
            expiry = (try? container.decode(String.self, forKey: .expiry)).flatMap(Self.time)
        }

        /// A time with or without fractions of a second.
        private static func time(_ text: String) -> Date? {
            (try? Date(text, strategy: .iso8601))
                ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
    }

    func fetchToken(_ context: TokenContext) async throws -> TokenResponse {
        let run = CommandRun(
            words: ["/bin/sh", "-c", command], environment: context.environment, timeLimit: timeLimit, name: Self.name)
        let output = String(decoding: try await run.output(clock: context.clock), as: UTF8.self)
        let text = output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw run.failure("printed nothing") }
        if text.hasPrefix("{") {
            // The error is not the cause of the thrown one, since it can quote the token.
            guard let output = try? CredentialFile.decode(Output.self, from: Array(text.utf8)),
                let token = AccessToken(checking: output.token)
            else { throw run.failure("printed JSON without a usable access_token") }
            let seconds = output.expiresIn ?? output.expiry?.timeIntervalSince(context.now())
            return TokenResponse(accessToken: token, seconds: seconds)
        }
        guard let token = AccessToken(checking: text) else {
            throw run.failure(
                text.contains(where: \.isNewline)
                    ? "printed more than one line" : "printed text that is not a token")
        }
        return TokenResponse(accessToken: token)
    }
}
