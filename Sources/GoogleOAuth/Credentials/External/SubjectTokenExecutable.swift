import Foundation
import GoogleHTTP
import TextSupport

/// A command that prints a subject token: Google's executable-sourced credentials.
///
/// It runs only if `GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES` is 1, since a credentials file can come from anywhere.
struct SubjectTokenExecutable: Sendable, Hashable {
    let words: [String]
    let timeLimit: Duration
    /// A file in which the command can cache its output.
    let outputFile: String?

    private static let name = "the executable of the credential"

    init(_ file: SubjectTokenSource.File.Executable?) throws(OAuthError) {
        words = (file?.command ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { throw .incomplete("credential_source.executable.command") }
        let milliseconds = file?.timeoutMilliseconds ?? 30_000
        guard (5_000...120_000).contains(milliseconds) else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "the timeout_millis of credential_source is \(milliseconds), not 5000 to 120000",
                detail: .malformedFile)
        }
        timeLimit = .milliseconds(milliseconds)
        outputFile = file?.outputFile
    }

    /// The output of a command.
    private struct Output: Decodable {
        var version: Int?
        var success: Bool?
        var tokenType: String?
        var idToken: String?
        var samlResponse: String?
        var expirationTime: Double?
        var code: String?
        var message: String?

        private enum CodingKeys: String, CodingKey {
            case version, success, code, message
            case tokenType = "token_type"
            case idToken = "id_token"
            case samlResponse = "saml_response"
            case expirationTime = "expiration_time"
        }
    }

    /// Returns the cached token of the output file or, without a valid one, the token that the command prints.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` if commands are not allowed, or `commandFailed`;
    ///   `CancellationError`.
    func fetch(for account: ExternalAccountCredential, _ context: TokenContext) async throws -> Secret {
        guard context.variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES") == "1" else {
            throw OAuthError(
                code: .credentialsInvalid, message: "the credential runs a command, which is not allowed",
                detail: .executableNotAllowed(words.joined(separator: " ")))
        }
        // If the cached output is unreadable, an error or has expired, the command runs again.
        if let outputFile, let bytes = try? await onOwnThread({ try CredentialFile.read(outputFile) }),
            let cached = try? decode(bytes), cached.success == true, let end = cached.expirationTime,
            end > context.now().timeIntervalSince1970
        {
            return try token(of: cached, context)
        }
        let run = CommandRun(
            words: ["/usr/bin/env"] + words, environment: environment(for: account, context), timeLimit: timeLimit,
            name: Self.name)
        var output = try await run.output(clock: context.clock)
        if output.isEmpty, let outputFile {
            output = try await onOwnThread { try CredentialFile.read(outputFile, what: "its output file") }
        }
        return try token(of: try decode(output), context)
    }

    private func environment(for account: ExternalAccountCredential, _ context: TokenContext) -> [String: String] {
        var environment = context.environment
        environment["GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE"] = account.audience
        environment["GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE"] = account.subjectTokenType
        environment["GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE"] = "0"
        environment["GOOGLE_EXTERNAL_ACCOUNT_REVOKE"] = "0"
        environment["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"] = account.impersonation?.email
        environment["GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE"] = outputFile
        return environment
    }

    private func decode(_ bytes: [UInt8]) throws(OAuthError) -> Output {
        // The error is not the cause of the thrown one, since it can quote the token.
        guard let output = try? CredentialFile.decode(Output.self, from: bytes), let version = output.version,
            output.success != nil
        else { throw .commandFailed(Self.name, "did not print JSON with version and success") }
        guard version == 1 else { throw .commandFailed(Self.name, "printed version \(version); only 1 is supported") }
        return output
    }

    private func token(of output: Output, _ context: TokenContext) throws(OAuthError) -> Secret {
        guard output.success == true else {
            let reason = "\(output.code ?? "no code"): \(output.message ?? "no message")"
            throw .commandFailed(Self.name, "reported a failure (\(printable(reason, limit: 300)))")
        }
        if let end = output.expirationTime, end <= context.now().timeIntervalSince1970 {
            throw .commandFailed(Self.name, "printed an expired token")
        }
        let token: String?
        switch output.tokenType {
        case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token":
            token = output.idToken
        case "urn:ietf:params:oauth:token-type:saml2": token = output.samlResponse
        case let type:
            throw .commandFailed(Self.name, "printed a token of type \(printable(type ?? "none", limit: 100))")
        }
        guard let token, !token.isEmpty else { throw .commandFailed(Self.name, "printed no token") }
        return Secret(token)
    }
}
