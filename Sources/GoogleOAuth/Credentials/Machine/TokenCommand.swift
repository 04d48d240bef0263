import Foundation

/// A command that prints an access token, for example `gcloud auth print-access-token`.
///
/// `/bin/sh` runs it. Its standard output is one line with the token, or a JSON object with `access_token` or `token`
/// and, if it tells, `expires_in` in seconds or `expiry` as an ISO 8601 time; its standard error is this process's. It
/// gets no input, and is ended with all that it started when the caller is cancelled. It is run again when the token is
/// near its end, or when the service rejects it.
public struct TokenCommand: Sendable, Hashable {
    /// The command as one types it into a shell. It must hold no secret, since it is shown.
    public var command: String
    /// How long it may take. Defaults to a minute.
    public var timeLimit: Duration

    /// Makes one; nothing is run.
    public init(_ command: String, timeLimit: Duration = .seconds(60)) {
        self.command = command
        self.timeLimit = timeLimit
    }

    private static let name = "the token command"

    /// A token as JSON.
    private struct Answer: Decodable {
        var token: String
        var expires_in: Double?
        var expiry: Date?

        private enum CodingKeys: String, CodingKey {
            case access_token, token, expires_in, expiry
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            token =
                try container.decodeIfPresent(String.self, forKey: .access_token)
                ?? container.decode(String.self, forKey: .token)
            expires_in =
                (try? container.decode(Double.self, forKey: .expires_in))
                ?? (try? container.decode(String.self, forKey: .expires_in)).flatMap(Double.init)
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
            guard let answer = try? CredentialJSON.decode(Answer.self, from: Array(text.utf8)),
                let token = AccessToken(checking: answer.token)
            else { throw run.failure("printed JSON without an access_token that can be used") }
            let seconds = answer.expires_in ?? answer.expiry?.timeIntervalSince(context.now())
            return TokenResponse(accessToken: token, seconds: seconds)
        }
        guard let token = AccessToken(checking: text) else {
            throw run.failure(
                text.contains(where: \.isNewline)
                    ? "printed more than one line; a token is one" : "printed something that is no token")
        }
        return TokenResponse(accessToken: token)
    }
}
