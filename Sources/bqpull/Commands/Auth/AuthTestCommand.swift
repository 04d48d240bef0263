import ArgumentParser
import BigQuery
import Foundation
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth test`: whether the credentials work from end to end, and if not, why.
struct AuthTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Test the credentials end to end, and name what is wrong.",
        discussion: """
            Steps: credentials, refresh, token, scope, api, project, jobs, results. It stops at the first that fails,
            with that cause's exit code. Nothing is billed.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let json = connection.json
        let diagnosis = try await Interruption.catching {
            try await Connection.with(connection) { connection in
                var diagnosis = TokenDiagnosis { step in
                    if !json { try? StandardOutput.write(StepReport(step).text) }
                }
                try await Self.test(connection, &diagnosis)
                for warning in connection.warnings { StandardError.write("warning: \(warning)\n") }
                return diagnosis
            }
        }
        if json { try StandardOutput.writeJSON(DiagnosisReport(diagnosis)) }
        if let failure = diagnosis.failure { throw failure }
        if !json { StandardError.write("the credentials work\n") }
    }

    private static func test(_ connection: Connection, _ diagnosis: inout TokenDiagnosis) async throws {
        var choice: CredentialChoice?
        let finding = try await diagnosis.findCredentials {
            let chosen = try connection.chooseCredentials()
            choice = chosen
            guard let finding = chosen.finding else { throw CredentialChoice.noCredentials }
            return finding
        }
        guard let finding, let choice else { return }
        let tokens = connection.tokens(of: finding)
        try await diagnosis.testToken(
            tokens, from: finding.credential.tokenEndpoint, transport: connection.transport
        )
        guard diagnosis.failure == nil else { return }
        // A few repetitions: who asks what is wrong does not want to wait ten minutes for it.
        try await diagnosis.testBigQuery { try connection.client(choice, tokens: tokens, retry: .tokenEndpoint) }
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
        return "\(label) \(Readable.seconds(seconds))  \(printable(detail, limit: 2_000))\n"
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
