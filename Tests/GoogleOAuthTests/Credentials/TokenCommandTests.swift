import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct TokenCommandTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func provider(_ command: String, environment: [String: String] = [:], timeLimit: Duration = .seconds(60))
        -> any TokenProvider
    {
        GoogleCredential.command(TokenCommand(command, timeLimit: timeLimit)).tokenProvider(
            TokenContext(transport: ScriptedTransport([]), now: { Self.now }, environment: environment))
    }

    @Test(
        arguments: [
            ("echo fake-printed", nil), ("printf fake-printed", nil), (#"printf '\n fake-printed \r\n\n'"#, nil),
            (#"echo '{"access_token": "fake-printed"}'"#, nil),
            (#"echo '{"token": "fake-printed", "expires_in": 100}'"#, 100),
            (#"echo '{"token": "fake-printed", "expires_in": "100"}'"#, 100),
            (#"echo '{"access_token": "fake-printed", "expiry": "2026-09-21T14:30:00Z"}'"#, 1000),
            (#"echo '{"access_token": "fake-printed", "expiry": "2026-09-21T14:30:00.000Z"}'"#, 1000),
            (#"echo '{"token": "fake-printed", "expires_in": 1e30}'"#, 24 * 3600),
            (#"echo '{"token": "fake-printed", "expires_in": "inf"}'"#, nil),
            ("cat; echo fake-printed", nil), ("sleep 60 2>&- & echo fake-printed", nil),
        ] as [(String, Int?)])
    func readsTheOutput(command: String, lifetime: Int?) async throws {
        let provider = provider(command)
        #expect(try await provider.accessToken().value.reveal() == "fake-printed")
        #expect(await provider.latestResponse?.lifetime == lifetime.map { .seconds($0) })
    }

    /// The errors do not show the output.
    @Test(arguments: [
        ("echo hush; exit 3", "exit code 3"), ("kill -9 $$", "exit code 137"), ("true", "printed nothing"),
        ("echo; echo", "printed nothing"), ("echo hush; echo hush", "more than one line"),
        ("echo hush hush", "not a token"),
        ("echo '{\"hush\": 1}'", "JSON without a usable access_token"), ("echo '{hush'", "JSON"),
        ("head -c 100000 /dev/zero", "64 KiB"), ("head -c 100000 /dev/zero; exit 3", "exit code 3"),
        ("/nonexistent/hush", "exit code 127"), ("echo hush; exec >&-; exit 4", "exit code 4"),
    ])
    func reportsFailuresWithoutTheToken(command: String, mention: String) async throws {
        let error = await #expect(throws: OAuthError.self) {
            try await provider(command + " 2>/dev/null").accessToken()
        }
        #expect(error?.code == .commandFailed)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("hush") == false)
    }

    @Test func runsAgainAfterARejection() async throws {
        try await TemporaryFolder.with { folder in
            let provider = provider("echo x >> \(folder.file("runs")); echo fake-$(wc -l < \(folder.file("runs")))")
            let first = try await provider.accessToken()
            #expect(try await provider.accessToken() == first)
            await provider.reject(first)
            #expect(first.value.reveal() == "fake-1")
            #expect(try await provider.accessToken().value.reveal() == "fake-2")
        }
    }

    /// Including its child processes.
    @Test func terminatesACommandAfterTheTimeLimit() async throws {
        try await TemporaryFolder.with { folder in
            let pids = folder.file("pids")
            let error = await #expect(throws: OAuthError.self) {
                try await provider(
                    "sleep 60 & echo $! $$ > \(pids); wait", timeLimit: .milliseconds(300)
                ).accessToken()
            }
            #expect(error?.message.contains("took longer") == true)
            try await expectEnd(ofThoseIn: pids)
        }
    }

    /// Even if only the shell or only a child process ignores the signal, and after the end of the output.
    @Test(arguments: [
        "trap '' TERM; sleep 60 & echo $! $$ > FILE.new; mv FILE.new FILE; wait; sleep 60",
        "(trap '' TERM; exec sleep 60) & echo $! $$ > FILE.new; mv FILE.new FILE; wait",
        "exec >&-; (trap '' TERM; exec sleep 60) & echo $! $$ > FILE.new; mv FILE.new FILE; wait",
    ])
    func terminatesACommandOnCancellation(command: String) async throws {
        try await TemporaryFolder.with { folder in
            let pids = folder.file("pids")
            let provider = provider(command.replacing("FILE", with: pids))
            let caller = Task { try await provider.accessToken() }
            try await eventually("the command runs") { FileManager.default.fileExists(atPath: pids) }
            caller.cancel()
            await #expect(throws: CancellationError.self) { try await caller.value }
            await provider.settle()
            try await expectEnd(ofThoseIn: pids)
        }
    }

    /// A renewal without a waiter does not outlive the program.
    @Test func settlingTerminatesARenewal() async throws {
        try await TemporaryFolder.with { folder in
            let pids = folder.file("pids")
            let clock = ManualClock(longestSleep: .seconds(30))
            let context = TokenContext(
                transport: ScriptedTransport([]), clock: clock, environment: ["PATH": "/usr/bin:/bin"])
            let command = """
                if [ -e \(pids).first ]; then sleep 60 & echo $! $$ > \(pids).new; mv \(pids).new \(pids); wait; fi
                touch \(pids).first; echo '{"token": "fake-first", "expires_in": 100}'
                """
            let provider = GoogleCredential.command(TokenCommand(command)).tokenProvider(context)
            _ = try await provider.accessToken()
            clock.advance(by: .seconds(95))
            #expect(try await provider.accessToken().value.reveal() == "fake-first")
            try await eventually("the command runs") { FileManager.default.fileExists(atPath: pids) }
            await provider.settle()
            try await expectEnd(ofThoseIn: pids)
        }
    }

    /// An orphaned process can remain for some time until it is reaped.
    private func expectEnd(ofThoseIn file: String) async throws {
        let pids = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).compactMap {
            Int32($0)
        }
        #expect(pids.count == 2)
        for pid in pids {
            try await eventually("the process \(pid) ends") { !isRunning(pid) }
        }
    }

    private func isRunning(_ pid: Int32) -> Bool {
        guard kill(pid, 0) == 0 else { return false }
        // A process that has ended has no file.
        let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return state?.contains(") Z ") != true
    }

    /// An inherited socket would keep its connection open.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd"), "needs /proc"))
    func inheritsNoFiles() async throws {
        let inherited = dup(STDERR_FILENO)
        defer { close(inherited) }
        let token = try await provider(
            "test -e /proc/self/fd/\(inherited) && echo fake-inherited || echo fake-none"
        ).accessToken()
        #expect(token.value.reveal() == "fake-none")
    }

    @Test func inheritsOnlyTheGivenEnvironment() async throws {
        #expect(
            try await provider("echo fake-$NAME$HOME", environment: ["NAME": "given"]).accessToken().value.reveal()
                == "fake-given")
    }

    /// No shell can read a name that begins with a digit.
    @Test func omitsAVariableWhoseNameBeginsWithADigit() async throws {
        let variables = ["1NAME": "hush", "NAME": "given", "PATH": "/usr/bin:/bin"]
        let token = try await provider("echo fake-$NAME-$(env | grep -c hush)", environment: variables).accessToken()
        #expect(token.value.reveal() == "fake-given-0")
    }
}
