import BigQueryEmulator
import Foundation
import TestSupport
import Testing

/// Invalid credentials files, which stop a pull.
@Suite struct CredentialFileTests {
    private static let query = ["query", "SELECT 1 AS x", "--quiet", "--into"]

    /// Runs a pull, and checks that a failure sends no request, stages no rows, and prints no secret.
    private func pull(_ home: EmulatorHome, _ options: [String]) async throws -> Binary.Outcome {
        let file = home.folder.file("staging.db")
        let before = home.emulator.counters
        let outcome = try await home.run(Self.query + [file] + options)
        if outcome.exitCode != 0 {
            #expect(home.emulator.counters == before)
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        #expect(!outcome.errors.contains("hush") && !outcome.errors.contains("emulator-refresh-token"))
        return outcome
    }

    private static let bad: [(text: String?, exitCode: Int32, mention: String)] = [
        (nil, 66, "credentials file"), ("", 78, "not a JSON file of credentials"),
        ("{\"client_secret\":\"hush", 78, "not a JSON file of credentials"),
        (#"{"type":"service_account","private_key":"hush"}"#, 78, "client_email"),
        (#"{"type":"gdch_service_account","private_key":"hush"}"#, 78, "gdch_service_account"),
        (#"{"client_id":"a","client_secret":"hush"}"#, 78, "refresh_token"),
        (#"{"client_id":"a","client_secret":7,"refresh_token":"hush"}"#, 78, "member client_secret"),
        (String(repeating: " ", count: 70_000), 78, "64 KiB"),
        (
            #"{"client_id":"a","client_secret":"hush","refresh_token":"hush","client_s\u0065cret":"hush"}"#, 78,
            "duplicate member client_secret"
        ),
        (
            #"{"type":"external_account","credential_source":{"file":"/a","file":"/b"}}"#, 78, "duplicate member file"
        ),
    ]

    @Test(.faults("A23", "A28"), arguments: bad)
    func namesAnInvalidCredentialsFile(_ example: (text: String?, exitCode: Int32, mention: String)) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("mine.json")
            if let text = example.text { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
            let outcome = try await pull(home, ["--endpoint", home.emulator.endpoint, "--credentials", file])
            #expect(outcome.isFailure(example.exitCode), "\(outcome.errors)")
            #expect(outcome.errors.contains(file) && outcome.errors.contains(example.mention), "\(outcome.errors)")
        }
    }

    @Test(
        .faults("A26"),
        arguments: [
            "https://evil.example/token", "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com.evil.example/token", "https://oauth2.googleapis.com@evil.example/token",
            "https://evil.example/oauth2.googleapis.com", "file:///etc/passwd", "http://127.0.0.1.evil.example/token",
        ])
    func sendsSecretsNowhereElse(tokenURI: String) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("mine.json")
            let text =
                #"{"client_id":"a","client_secret":"hush","refresh_token":"hush","token_uri":"\#(tokenURI)"}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let outcome = try await pull(home, ["--endpoint", home.emulator.endpoint, "--credentials", file])
            #expect(outcome.isFailure(78), "\(outcome.errors)")
            #expect(outcome.errors.contains("token_uri"))
        }
    }

    /// How the store is exposed to other users.
    enum Exposure: CaseIterable {
        case othersRead, folderIsOpen, link, pipe, large, anothersOwn

        func inflict(on file: String) throws {
            let files = FileManager.default
            switch self {
            case .othersRead: try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            case .folderIsOpen:
                let folder = (file as NSString).deletingLastPathComponent
                try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
            case .link:
                try files.moveItem(atPath: file, toPath: file + ".real")
                try files.createSymbolicLink(atPath: file, withDestinationPath: file + ".real")
            case .pipe:
                try files.removeItem(atPath: file)
                try #require(mkfifo(file, 0o600) == 0)
            case .large: try #require(truncate(file, 1 << 30) == 0)
            case .anothersOwn: try files.setAttributes([.ownerAccountID: 12345], ofItemAtPath: file)
            }
        }
    }

    @Test(
        .faults("A24"), .timeLimit(.minutes(10)),
        arguments: Exposure.allCases.filter { $0 != .anothersOwn || geteuid() == 0 })
    func rejectsAnExposedStore(exposure: Exposure) async throws {
        try await EmulatorHome.with { home in
            #expect(try await home.logIn().exitCode == 0)
            try exposure.inflict(on: "\(home.store)/credentials.json")
            let outcome = try await pull(home, [])
            #expect(outcome.isFailure(78), "\(outcome.errors)")
            #expect(outcome.errors.contains(home.store))
        }
    }

    /// A named file can be a mounted secret: links are followed, with a warning about its permissions.
    @Test(.faults("A24"), arguments: ["readable", "link", "folder", "pipe", "large"])
    func followsANamedFile(kind: String) async throws {
        try await EmulatorHome.with { home in
            let folder = home.folder.file("mounted")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let file = folder + "/mine.json"
            try FileManager.default.moveItem(atPath: home.credentials, toPath: file)
            var (exitCode, named, warning) = (Int32(0), file, "can be read by other users")
            switch kind {
            case "link":
                named = folder + "/link"
                try FileManager.default.createSymbolicLink(atPath: named, withDestinationPath: file)
                try #require(chmod(file, 0o640) == 0)
            case "folder":
                try #require(chmod(folder, 0o777) == 0)
                warning = "in which all users can replace it"
            case "pipe":
                named = "/dev/stdin"
                warning = ""
            case "large":
                try #require(truncate(file, 1 << 30) == 0)
                exitCode = 78
                warning = "larger than 64 KiB"
            default: try #require(chmod(file, 0o644) == 0)
            }
            let outcome = try await home.run(
                Self.query + [home.folder.file("staging.db"), "--endpoint", home.emulator.endpoint]
                    + ["--credentials", named],
                input: kind == "pipe" ? String(contentsOfFile: file, encoding: .utf8) : "")
            #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            #expect(kind == "pipe" ? outcome.errors == "" : outcome.errors.contains(warning), "\(outcome.errors)")
        }
    }

    /// Other users of the machine can see arguments.
    @Test(
        .faults("A25"),
        arguments: [
            ["query", "SELECT 1 AS x", "--into", "x.db"], ["auth", "login"], ["auth", "import", "-"],
        ], ["--client-secret", "--refresh-token", "--access-token"])
    func thereIsNoOptionForASecret(command: [String], option: String) async throws {
        let outcome = try await Binary().run(command + [option, "hush"])
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains("Unknown option '\(option)'"), "\(outcome.errors)")
    }

    @Test(.faults("A27"), arguments: ["a/../b", "..", "a?b#c", "a%2fb"])
    func rejectsNamesThatChangeAURL(name: String) async throws {
        try await EmulatorHome.with { home in
            let options = ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            let file = home.folder.file("staging.db")
            for arguments in [
                Self.query + [file, "--project", name], ["table", "\(name).trips", "--into", file],
                ["table", "bench.\(name)/x", "--into", file], ["show", "\(name).bench.trips_1"],
                ["ls", "\(name).bench"], ["ls", "--project", name],
            ] {
                let before = home.emulator.counters
                let outcome = try await home.run(arguments + options)
                #expect(outcome.exitCode == 64, "\(arguments): \(outcome.errors)")
                #expect(home.emulator.counters == before, "\(arguments)")
                #expect(!FileManager.default.fileExists(atPath: file))
            }
        }
    }

    /// Drops the privileges of root.
    private static let unprivileged = geteuid() != 0 ? "exec" : "exec /usr/bin/unshare -U"

    @Test(
        .faults("A20"), .enabled(if: geteuid() != 0 || FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare"))
    )
    func anUnstorableTokenIsAWarning() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(rotatesRefreshTokens: true)) { home in
            #expect(try await home.logIn().exitCode == 0)
            let file = "\(home.store)/credentials.json"
            let before = try Data(contentsOf: URL(fileURLWithPath: file))
            try #require(chmod(home.store, 0o500) == 0)
            var shell = home.binary()
            shell.program = URL(fileURLWithPath: "/bin/sh")
            let outcome = try await shell.run(
                ["-c", "\(Self.unprivileged) \"$0\" \"$@\"", Binary.url.path, "query", "SELECT 1 AS x", "--json"]
                    + ["--into", home.folder.file("staging.db")])
            try #require(chmod(home.store, 0o700) == 0)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            let warnings = try #require(report?["warnings"] as? [[String: String]])
            #expect(warnings.map { $0["code"] } == ["refreshTokenNotStored"], "\(warnings)")
            #expect(
                warnings.contains { $0["message"]?.contains("the new one could not be stored") == true }, "\(warnings)")
            #expect(outcome.errors.contains("warning"))
            #expect(report?["rowsCopied"] as? Int == 1)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
        }
    }
}
