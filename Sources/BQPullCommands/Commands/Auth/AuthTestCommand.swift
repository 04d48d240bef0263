import ArgumentParser
import BigQuery
import BigQueryPull
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth test`: whether the credentials work from end to end, and if not, why.
struct AuthTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test the credentials end to end, and name what is wrong.",
        discussion: """
            Steps: credentials, refresh, token, scope, api, project, jobs, results. It
            stops at the first that fails, with that cause's exit code. Nothing is
            billed. Credentials without a refresh token have the step fetch in the place
            of refresh.

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
                if !json { try? StandardOutput.write(StepReport(step).text) }
            }
            do {
                try await Connection.with(connection) { try await Self.test($0, &diagnosis) }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // An endpoint that is none, before there was anything to test.
                diagnosis.fail("connection", error)
            }
            return diagnosis
        }
        if json { try StandardOutput.writeJSON(DiagnosisReport(diagnosis)) }
        if let failure = diagnosis.failure { throw failure }
        if !json { Diagnostics.info("the credentials work") }
    }

    /// How often a request is repeated: who asks what is wrong does not want to wait long for it.
    private static let retry: RetryPolicy = {
        var policy = RetryPolicy()
        policy.maxRetries = 1
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

/// A step as it is shown.
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
            detail = Failure(error)?.message ?? "\(error)"
        }
    }

    var text: String {
        let label = "\(ok ? "ok    " : "FAILED") \(name)".padding(toLength: 19, withPad: " ", startingAt: 0)
        // Why it failed is the error with which the command ends.
        return "\(label) \(Readable.seconds(seconds))\(ok ? "  " + printable(detail, limit: 2_000) : "")\n"
    }
}

/// The whole test as JSON.
private struct DiagnosisReport: Encodable {
    private enum Key: String, CodingKey {
        case ok, cause, exit, steps
    }

    private let failure: Failure?
    private let steps: [StepReport]

    init(_ diagnosis: TokenDiagnosis) {
        failure = diagnosis.failure.map { error in
            Failure(error) ?? Failure(unexpected: error)
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
