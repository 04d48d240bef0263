import Foundation
import TestSupport
import Testing

/// Invalid UTF-8 in the texts that the process starts with, which Swift would replace.
@Suite(.timeLimit(.minutes(10))) struct InvalidTextTests {
    /// Runs a line of bash, in which `bqpull` is the binary, in an empty folder.
    private func run(_ line: String, in folder: TemporaryFolder) async throws -> Binary.Outcome {
        try await Shell.run(
            "bqpull() { '\(Binary.url.path)' \"$@\"; }; export HOME='\(folder.path)'; cd '\(folder.path)'; \(line)")
    }

    @Test(
        .faults("L29"),
        arguments: [
            (#"query $'SELECT "\xff"' --into a.db"#, 2),
            (#"query 'SELECT @p' --param $'p:STRING:\xc3' --into a.db"#, 4),
            (#"query 'SELECT 1' --table $'t\xa0' --into a.db"#, 4), (#"query 'SELECT 1' --into $'\xfe.db'"#, 4),
            (#"table a.b $'--into=\xed\xa0\x80'"#, 3), (#"$'\xff' --help"#, 1),
        ])
    func anArgumentIsRejected(arguments: String, position: Int) async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run("bqpull \(arguments)", in: folder)
            #expect(outcome.isFailure(64), "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("error: argument \(position) is not valid UTF-8\n"))
            #expect(!outcome.everything.contains("\u{FFFD}"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }
    }

    @Test(.faults("L29")) func theErrorHasTheChosenFormat() async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run(#"bqpull query $'\xff' --log-format json"#, in: folder)
            #expect(outcome.exitCode == 64)
            let record = try JSONSerialization.jsonObject(with: Data(outcome.errors.utf8)) as? [String: Any]
            #expect(record?["message"] as? String == "argument 2 is not valid UTF-8")
            #expect(record?["exitCode"] as? Int == 64)
        }
    }

    @Test(
        .faults("L29"),
        arguments: [
            "HOME", "XDG_CONFIG_HOME", "BQPULL_PROFILE", "BQPULL_CLIENT_SECRET", "BIGQUERY_EMULATOR_HOST",
            "GOOGLE_APPLICATION_CREDENTIALS", "https_proxy", "AWS_REGION",
        ])
    func aVariableIsRejected(name: String) async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run("export \(name)=$'/a\\xff'; bqpull config", in: folder)
            #expect(outcome.isFailure(78), "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("error: the environment variable \(name) is not valid UTF-8\n"))
        }
    }

    /// Variables that bqpull does not read can hold any bytes, and child processes get them unchanged.
    @Test(.faults("L29")) func passesOtherVariablesUnchanged() async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run(
                #"export OTHER=$'a\xff\xfeb'; bqpull auth token --token-command 'printf %s "$OTHER" > other; echo fake'"#,
                in: folder)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output == "fake\n")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("other")))
            #expect(Array(bytes) == [0x61, 0xFF, 0xFE, 0x62])
        }
    }

    @Test(.faults("L29")) func aWorkingDirectoryIsRejected() async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run(
                #"mkdir $'d\xff' && cd $'d\xff' && bqpull config; code=$?; cd ..; rmdir $'d\xff'; exit $code"#,
                in: folder)
            #expect(outcome.isFailure(78), "\(outcome.errors)")
            #expect(outcome.errors.contains("working directory is not valid UTF-8"))
        }
    }

    @Test(.faults("L29"), arguments: ["printf 'a\\xff\\n'", "printf 'fake\\xc3'"])
    func aLineOfStandardInputIsRejected(command: String) async throws {
        try await TemporaryFolder.with { folder in
            let outcome = try await run(
                "\(command) | bqpull auth url --client-id 1.apps.googleusercontent.com --client-secret-file -",
                in: folder)
            #expect(outcome.isFailure(64), "\(outcome.errors)")
            #expect(outcome.errors.contains("standard input is not valid UTF-8"))
        }
    }
}
