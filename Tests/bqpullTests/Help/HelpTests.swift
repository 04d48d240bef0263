import ArgumentParser
import Foundation
import Testing

@testable import BQPullCommands

@Suite struct HelpTests {
    /// All commands with their paths.
    private static let commands: [(path: String, type: any ParsableCommand.Type)] = {
        func below(_ type: any ParsableCommand.Type, _ path: [String]) -> [(String, any ParsableCommand.Type)] {
            type.configuration.subcommands.flatMap { command in
                let path = path + [command.configuration.commandName ?? "?"]
                return [(path.joined(separator: " "), command)] + below(command, path)
            }
        }
        return below(BQPull.self, ["bqpull"])
    }()

    @Test func rootHelpFitsAScreen() {
        let lines = RootHelp.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 24)
        for line in lines { #expect(TextWidth.of(String(line)) <= 80, "\(line)") }
        for command in BQPull.configuration.subcommands {
            #expect(lines.contains { $0.hasPrefix("  \(command.configuration.commandName ?? "?") ") })
        }
    }

    @Test(arguments: commands.indices) func everyCommandHasExamples(index: Int) throws {
        let (path, type) = Self.commands[index]
        let help = type.configuration.discussion
        let examples = try #require(help.components(separatedBy: "Examples:\n").dropFirst().first, "\(path)")
        #expect(examples.contains(path == "bqpull errors" ? "  bqpull help errors" : path), "\(path)")
        #expect(type.configuration.abstract.count <= 70, "\(path)")
        for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    /// The parser accepts every example.
    @Test(arguments: commands.indices) func everyExampleIsACommand(index: Int) throws {
        let (path, type) = Self.commands[index]
        let text = type.configuration.discussion.replacing(/\\\n */, with: "")
        for line in text.split(separator: "\n") where line.hasPrefix("  bqpull ") {
            let words = Shell.words(String(line)).prefix { !["#", "|", ">"].contains($0) }
            #expect(throws: Never.self, "\(path): \(line)") { try BQPull.parseAsRoot(Array(words.dropFirst())) }
        }
    }

    @Test(arguments: [
        (["qeury", "SELECT 1"], "bqpull has no command qeury", "did you mean bqpull query?"),
        (["auth", "lgoin"], "bqpull auth has no command lgoin", "did you mean bqpull auth login?"),
        (["frobnicate"], "bqpull has no command frobnicate", "bqpull --help lists the commands"),
        (
            ["SELECT 1"], "bqpull has no command SELECT 1",
            "pass the SQL text to a command: bqpull query 'SELECT 1' --into staging.db"
        ),
        (
            ["query", "SELECT 1", "--intoo", "a.db"], "Unknown option '--intoo'. Did you mean '--into'?",
            "bqpull query --help"
        ),
        (
            ["auth", "export", "--for", "adf", "--nmae", "x"], "Unknown option '--nmae'. Did you mean '--name'?",
            "bqpull auth export --help"
        ),
        (["errors", "timeot"], "unknown identifier or exit code timeot", "did you mean timeout?"),
        (["help", "errors", "42"], "unknown identifier or exit code 42", "bqpull help errors lists them"),
        (["help", "qurey"], "bqpull has no command qurey", "did you mean bqpull query?"),
        (["login"], "bqpull has no command login", "did you mean bqpull auth login?"),
        (["version"], "bqpull has no command version", "bqpull --version"),
        (
            ["query", "sales.orders"], "\"sales.orders\" is not SQL",
            "pull a table with bqpull table sales.orders, or query it: 'SELECT * FROM sales.orders'"
        ),
        (["config", "colour"], "'colour'", "bqpull config --help"),
    ])
    func aTypoGetsASuggestion(arguments: [String], message: String, hint: String) async throws {
        let outcome = try await Binary().run(arguments)
        #expect(outcome.exitCode == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.hasSuffix("\n\nhint: \(hint)\n"), "\(outcome.errors)")
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["help"]]) func helpGoesToStandardOutput(arguments: [String]) async throws
    {
        let outcome = try await Binary().run(arguments)
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == RootHelp.text)
        #expect(outcome.errors.isEmpty)
    }
}
