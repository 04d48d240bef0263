import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@testable import BQPullCommands

/// Options take precedence over the environment, and the environment over the profile.
@Suite struct SettingsTests {
    private static let query = ["query", "SELECT 1 AS x", "--verbose"]

    private func configure(_ home: EmulatorHome, _ arguments: [String]) async throws {
        let outcome = try await home.run(["config"] + arguments)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }

    @Test(
        arguments: [
            ([], [:], "project of-all, from bqpull config"),
            (["--profile", "work"], [:], "project of-work, from the profile work"),
            ([], ["BQPULL_PROFILE": "work"], "project of-work, from the profile work"),
            (["--profile", "home"], ["BQPULL_PROFILE": "work"], "project of-home, from the profile home"),
            (["--profile", "work"], ["GOOGLE_CLOUD_PROJECT": "a"], "project a, from GOOGLE_CLOUD_PROJECT"),
            ([], ["GOOGLE_CLOUD_PROJECT": "a", "BQPULL_PROJECT": "b"], "project b, from BQPULL_PROJECT"),
            (["--project", "c"], ["BQPULL_PROJECT": "b"], "project c, from --project"),
        ] as [([String], [String: String], String)])
    func theFirstSourceWins(options: [String], environment: [String: String], origin: String) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(requiresAuthorization: false)) { home in
            try await configure(home, ["project", "of-all"])
            try await configure(home, ["project", "of-work", "--profile", "work"])
            try await configure(home, ["project", "of-home", "--profile", "home"])
            // Credentials are searched separately.
            let outcome = try await home.run(
                Self.query + options,
                environment: environment.merging(["BIGQUERY_EMULATOR_HOST": home.emulator.endpoint]) { $1 })
            #expect(outcome.errors.contains("debug: \(origin)\n"), "\(outcome.errors)")
        }
    }

    @Test func theLocationOfAProfileIsUsed() async throws {
        try await EmulatorHome.with { home in
            try await configure(home, ["location", "EU"])
            let outcome = try await home.run(
                Self.query + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials])
            #expect(outcome.errors.contains("debug: location EU, from bqpull config\n"), "\(outcome.errors)")
            #expect(outcome.errors.contains("debug: credentials \(home.credentials)\n"))
            #expect(outcome.errors.contains("debug: endpoint \(home.emulator.endpoint)"))
        }
    }

    @Test(
        arguments: [(["--profile", "wrok"], [:]), ([], ["BQPULL_PROFILE": "wrok"])] as [([String], [String: String])])
    func aMistypedProfileGetsASuggestion(options: [String], environment: [String: String]) async throws {
        try await EmulatorHome.with { home in
            try await home.logIn(["--profile", "work"])
            let outcome = try await home.run(Self.query + options, environment: environment)
            #expect(outcome.exitCode == 77)
            #expect(outcome.errors.contains("error: the profile wrok has no credentials"), "\(outcome.errors)")
            #expect(outcome.errors.hasSuffix("hint: did you mean the profile work?\n"))
            let right = try await home.run(["query", "SELECT 1 AS x"], environment: ["BQPULL_PROFILE": "work"])
            #expect(right.output == "x\n1\n", "\(right.errors)")
        }
    }

    @Test func setsShowsAndRemovesValues() async throws {
        try await EmulatorHome.with { home in
            try await configure(home, ["max-bytes-billed", "50GB"])
            try await configure(home, ["location", "EU"])
            let shown = try await home.run(["config"], environment: ["BQPULL_LOCATION": "US"])
            #expect(
                shown.output == """
                    project           not set; --project or BQPULL_PROJECT
                    location          US, from BQPULL_LOCATION
                    max-bytes-billed  50GB, from bqpull config
                    confirm-above     100GB, the default; --confirm-above or BQPULL_CONFIRM_ABOVE

                    """)
            try await configure(home, ["location", "--unset"])
            let json = try await home.run(["config", "--json"])
            #expect(json.output == #"{"max-bytes-billed":{"origin":"bqpull config","value":"50GB"}}"# + "\n")
        }
    }

    @Test(arguments: [
        (#"{"project": 1}"#, "cannot read the settings"), ("", "cannot read the settings"),
        (#"{"projekt": "x"}"#, "unknown setting projekt in "),
        (#"{"project": "x", "location": "EU", "proj\u0065ct": "y"}"#, "duplicate setting project in "),
        (#"{"max-bytes-billed": "lots"}"#, "invalid value for --max-bytes-billed in bqpull config: lots"),
    ])
    func namesAnInvalidFile(content: String, message: String) async throws {
        try await EmulatorHome.with { home in
            try await configure(home, ["project", "x"])
            try Data(content.utf8).write(to: URL(fileURLWithPath: home.store + "/settings.json"))
            let outcome = try await home.run(
                Self.query + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials])
            #expect(outcome.exitCode == 78)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(outcome.errors.contains("\n\nhint: "))
        }
    }

    @Test func namesAnUnreadableFile() async throws {
        try await EmulatorHome.with { home in
            let file = home.store + "/settings.json"
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
            let outcome = try await home.run(["config"])
            #expect(outcome.exitCode == 78)
            #expect(outcome.errors.contains("\(file) cannot be read: it is a folder"), "\(outcome.errors)")
            #expect(outcome.errors.contains("hint: replace it with a JSON object of strings"))
        }
    }

    @Test(arguments: [
        (["project", "My Project"], "'My Project' is not a valid project: expected a project ID such as my-project"),
        (["location", ""], "'' is not a valid location: expected a location such as EU"),
        (["confirm-above", "lots"], "'lots' is not a valid confirm-above: expected a size such as 50GB"),
        (["--unset"], "--unset takes a name and no value"), (["project", "x", "--unset"], "--unset takes a name"),
        (["project", "x", "--profile", "../up"], "is not a valid profile name"),
    ])
    func rejectsInvalidValues(arguments: [String], message: String) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(["config"] + arguments)
            #expect([64, 78].contains(outcome.exitCode))
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }
}
