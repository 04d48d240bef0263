import ArgumentParser
import BigQuery
import BigQueryPull
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth test`: tests the credentials end to end, and names the cause of a failure.
struct AuthTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test the credentials end to end, and name what is wrong.",
        discussion: """
            Steps: credentials, refresh, token, scope, api, project, jobs, results. It
            stops at the first failed step, with the exit code of its cause. Nothing is
            billed. For credentials without a refresh token, the step is fetch instead of
            refresh.

            Examples:
              bqpull auth test
              bqpull auth test --credentials credentials.json --project my-project --json
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let json = connection.json
        let diagnosis = try await Interruption.catching {
            var diagnosis = TokenDiagnosis { step in
                // The exit code has the result as well.
                if !json { try? StandardOutput.write(StepReport(step).text) }
            }
            do {
                try await Connection.with(connection) { try await Self.test($0, &diagnosis) }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // An invalid endpoint, before the first step.
                diagnosis.fail("connection", error)
            }
            return diagnosis
        }
        if json { try StandardOutput.writeJSON(DiagnosisReport(diagnosis)) }
        if let failure = diagnosis.failure { throw failure }
        if !json { Diagnostics.info("the credentials work") }
    }

    /// Few retries, so that a diagnosis does not take long.
    private static let retry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maxAttempts = 2
        return policy
    }()

    private static func test(_ connection: Connection, _ diagnosis: inout TokenDiagnosis) async throws {
        var choice: CredentialChoice?
        let located = try await diagnosis.testCredentials {
            let chosen = try await connection.chooseCredential()
            choice = chosen
            return try chosen.required()
        }
        guard let located, let choice else { return }
        let tokens = connection.tokens(of: located, retry: retry)
        // The issuer of a command's token is unknown: token information is requested from the endpoint that gets it.
        let local = choice.endpoint.flatMap { $0.isLoopback ? $0 : nil }
        let origin =
            try located.credential.tokenEndpoint ?? local ?? HTTPEndpoint(AuthorizedUserCredential.googleTokenURI)
        try await diagnosis.testToken(tokens, of: located.credential, from: origin, transport: connection.transport)
        if diagnosis.failure == nil {
            try await diagnosis.testBigQuery { try await connection.client(choice, tokens: tokens, retry: retry) }
        }
        // The step already shows the warning about the file.
        for warning in connection.warnings where warning.message != choice.warning {
            Diagnostics.warning(warning.message)
        }
    }
}

/// A step in the output.
private struct StepReport: Encodable {
    var name: String
    var ok: Bool
    var seconds: Double
    var detail: String

    init(_ step: TokenDiagnosis.Step) {
        name = step.name
        seconds = (step.duration / .seconds(1) * 1000).rounded() / 1000
        switch step.result {
        case .success(let found):
            ok = true
            detail = found
        case .failure(let error):
            ok = false
            detail = Failure(error).message
        }
    }

    var text: String {
        let label = "\(ok ? "ok    " : "FAILED") \(name)".padding(toLength: 19, withPad: " ", startingAt: 0)
        // The command ends with the error of a failed step.
        return "\(label) \(Readable.seconds(seconds))\(ok ? "  " + printable(detail, limit: 2_000) : "")\n"
    }
}

/// The test as JSON.
private struct DiagnosisReport: Encodable {
    private enum Key: String, CodingKey {
        case ok, cause, exit, steps
    }

    private let failure: Failure?
    private let steps: [StepReport]

    init(_ diagnosis: TokenDiagnosis) {
        failure = diagnosis.failure.map { error in
            Failure(error)
        }
        steps = diagnosis.steps.map(StepReport.init)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(failure == nil, forKey: .ok)
        try container.encode(failure?.identifier, forKey: .cause)
        try container.encode(failure?.exitStatus.rawValue ?? 0, forKey: .exit)
        try container.encode(steps, forKey: .steps)
    }
}
