import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Pipes in place of the files that commands read.
@Suite(.timeLimit(.minutes(10))) struct InputFileCommandTests {
    /// The files of process substitution, `<(…)`.
    @Test(.faults("L30")) func readsTheOutputOfACommand() async throws {
        let authority = try TestAuthority()
        var configuration = EmulatorConfiguration()
        configuration.tls = try authority.serverContext()
        // Only the server with faults speaks TLS.
        configuration.faults = FaultPlan([:])
        try await EmulatorHome.with(configuration) { home in
            let certificates = home.folder.file("ca.pem")
            try Data(authority.pem.utf8).write(to: URL(fileURLWithPath: certificates))
            let outcome = try await Shell.run(
                """
                export HOME='\(home.folder.path)'
                '\(Binary.url.path)' query --file <(sleep 0.1; echo 'SELECT 1 AS one') --format csv --quiet \
                  --credentials <(cat '\(home.credentials)') --ca-file <(cat '\(certificates)') \
                  --endpoint '\(home.emulator.endpoint)'
                """)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output == "one\n1\n")
        }
    }

    private static let sql = ["query", "SELECT 1 AS one", "--dry-run"]

    @Test(
        .faults("L30"),
        arguments: [
            sql + ["--credentials", "fifo"], ["query", "--file", "fifo"], sql + ["--ca-file", "fifo"],
            ["export", "--file", "fifo", "--to", "gs://bucket/x-*.csv"], ["auth", "import", "fifo"],
            ["auth", "login", "--client-file", "fifo", "--no-browser"],
            ["auth", "url", "--client-id", "1.apps.googleusercontent.com", "--client-secret-file", "fifo"],
            ["auth", "status", "--credentials", "fifo"], ["auth", "revoke", "--credentials", "fifo"],
            ["emulator", "--load", "a.b=fifo.csv"], ["emulator", "--faults", "fifo"],
        ])
    func aNamedPipeIsRejected(arguments: [String]) async throws {
        try await TemporaryFolder.with { folder in
            for name in ["fifo", "fifo.csv"] { try #require(mkfifo(folder.file(name), 0o600) == 0) }
            let outcome = try await Binary(environment: ["HOME": folder.path]).run(
                arguments.map { $0.replacing("fifo", with: folder.file("fifo")) })
            #expect(outcome.isFailure(66), "\(outcome.errors)")
            #expect(outcome.errors.contains("named pipe"), "\(outcome.errors)")
        }
    }

    /// Files named by the environment or by a default.
    @Test(.faults("L30"), arguments: ["BQPULL_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "subject token"])
    func rejectsANamedPipeFromAnySource(place: String) async throws {
        try await TemporaryFolder.with { folder in
            let pipe = folder.file("fifo")
            try #require(mkfifo(pipe, 0o600) == 0)
            var file = pipe
            if place == "subject token" {
                file = folder.file("external.json")
                let text = """
                    {"type": "external_account", "audience": "//iam.googleapis.com/fake",
                     "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                     "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": "\(pipe)"}}
                    """
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                try #require(chmod(file, 0o600) == 0)
            }
            let variable = place == "subject token" ? "BQPULL_CREDENTIALS" : place
            let outcome = try await Binary(environment: ["HOME": folder.path, variable: file]).run(["auth", "token"])
            #expect(outcome.isFailure(66), "\(outcome.errors)")
            #expect(outcome.errors.contains("named pipe"), "\(outcome.errors)")
        }
    }

    /// Standard input is a pipe to which the test writes nothing.
    @Test(
        .faults("L30"),
        arguments: Sweep.few(
            1,
            of: [
                sql + ["--credentials", "/dev/stdin"], ["query", "--file", "/dev/stdin"],
                sql + ["--ca-file", "/dev/stdin"],
            ]))
    func theWaitForAnEmptyPipeTimesOut(arguments: [String]) async throws {
        let outcome = try await Binary().start(arguments).outcome()
        #expect(outcome.isFailure(66), "\(outcome.errors)")
        #expect(outcome.errors.contains("the pipe had no data for 10 s"), "\(outcome.errors)")
    }

    @Test(.faults("L30"), arguments: ["--credentials", "--ca-file"])
    func aSignalEndsTheWait(option: String) async throws {
        let pull = try await Binary().start(
            Self.sql + [option, "/dev/stdin", "--project", "my-project", "--verbose", "--location", "EU"])
        // The message before the pipe is read.
        _ = try await pull.wait(for: option == "--ca-file" ? /location EU/ : /project my-project/)
        let signals = Task {
            while !Task.isCancelled {
                // Restarts the limit of 10 s without data, so that only a signal ends the wait.
                try pull.write("\n")
                pull.send(signal: SIGINT)
                // Before its handler is installed, a process can miss a signal.
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        let outcome = try await pull.outcome()
        signals.cancel()
        #expect(outcome.exitCode == 130, "\(outcome.errors)")
    }
}
