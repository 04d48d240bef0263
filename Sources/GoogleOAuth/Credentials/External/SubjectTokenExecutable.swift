import Foundation
import GoogleHTTP
import TextSupport

/// A command that says who this is, in the form of Google's "executable-sourced credentials".
///
/// It is only run if the environment has `GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1`, since a file of credentials may
/// come from anywhere.
struct SubjectTokenExecutable: Sendable, Hashable {
    let words: [String]
    let timeLimit: Duration
    /// A file in which the command may leave its answer for the next time.
    let outputFile: String?

    private static let name = "the executable of the credentials"

    init(_ file: SubjectTokenSource.File.Executable?) throws(OAuthError) {
        words = (file?.command ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { throw .incomplete("credential_source.executable.command") }
        let milliseconds = file?.timeout_millis ?? 30_000
        guard (5_000...120_000).contains(milliseconds) else {
            throw OAuthError(
                code: .credentialsInvalid, message: "credential_source has a timeout_millis of \(milliseconds)",
                hint: "it must be from 5000 to 120000")
        }
        timeLimit = .milliseconds(milliseconds)
        outputFile = file?.output_file
    }

    /// What a command says.
    private struct Answer: Decodable {
        var version: Int?
        var success: Bool?
        var token_type: String?
        var id_token: String?
        var saml_response: String?
        var expiration_time: Double?
        var code: String?
        var message: String?
    }

    func fetch(for account: ExternalAccountCredential, _ context: TokenContext) async throws -> Secret {
        guard context.variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES") == "1" else {
            throw OAuthError(
                code: .credentialsInvalid, message: "the credentials want to run a command, which is not allowed",
                hint:
                    "if you trust the file, set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1; it runs \(printable(words.joined(separator: " "), limit: 200))"
            )
        }
        // One that failed or has ended is no reason to stop: the command is asked again.
        if let outputFile, let bytes = try? await onOwnThread({ try readCredentialsFile(outputFile) }),
            let kept = try? answer(in: bytes), kept.success == true, let end = kept.expiration_time,
            end > context.now().timeIntervalSince1970
        {
            return try token(of: kept, context)
        }
        let run = CommandRun(
            words: ["/usr/bin/env"] + words, environment: environment(for: account, context), timeLimit: timeLimit,
            name: Self.name)
        var output = try await run.output(clock: context.clock)
        if output.isEmpty, let outputFile {
            output = try await onOwnThread { try readCredentialsFile(outputFile, what: "its output file") }
        }
        return try token(of: try answer(in: output), context)
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

    private func answer(in bytes: [UInt8]) throws(OAuthError) -> Answer {
        guard let answer = try? CredentialJSON.decode(Answer.self, from: bytes), let version = answer.version,
            answer.success != nil
        else { throw .commandFailed(Self.name, "did not answer with JSON that has version and success") }
        guard version == 1 else { throw .commandFailed(Self.name, "answers in version \(version); 1 is supported") }
        return answer
    }

    private func token(of answer: Answer, _ context: TokenContext) throws(OAuthError) -> Secret {
        guard answer.success == true else {
            let reason = "\(answer.code ?? "no code"): \(answer.message ?? "no message")"
            throw .commandFailed(Self.name, "says that it failed (\(printable(reason, limit: 300)))")
        }
        if let end = answer.expiration_time, end <= context.now().timeIntervalSince1970 {
            throw .commandFailed(Self.name, "answers with a token that has ended")
        }
        let token: String?
        switch answer.token_type {
        case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token":
            token = answer.id_token
        case "urn:ietf:params:oauth:token-type:saml2": token = answer.saml_response
        case let type:
            throw .commandFailed(Self.name, "answers with a token of type \(printable(type ?? "none", limit: 100))")
        }
        guard let token, !token.isEmpty else { throw .commandFailed(Self.name, "answers without a token") }
        return Secret(token)
    }
}
