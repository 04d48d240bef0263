import ArgumentParser
import TextSupport

/// The command named by arguments: `bqpull`, `auth`, `login`.
struct CommandPath {
    /// The names, `bqpull` first.
    private(set) var names = [BQPull.configuration.commandName ?? ""]
    /// The error if the next word must be a command and is not.
    private(set) var failure: CommandError?

    init(_ arguments: [String]) {
        var command: any ParsableCommand.Type = BQPull.self
        // bqpull help COMMAND is about the command.
        for word in arguments.first == "help" ? arguments.dropFirst() : arguments[...] {
            let commands = command.configuration.subcommands
            guard !commands.isEmpty, !word.hasPrefix("-") else { return }
            guard let next = commands.first(where: { $0.configuration.commandName == word }) else {
                failure = Self.unknown(word, among: commands.compactMap { $0.configuration.commandName }, names)
                return
            }
            names.append(word)
            command = next
        }
    }

    /// The command as typed.
    var text: String { names.joined(separator: " ") }

    private static func unknown(_ word: String, among commands: [String], _ names: [String]) -> CommandError {
        let path = names.joined(separator: " ")
        let hint =
            if word.contains(where: \.isWhitespace) {
                "pass the SQL text to a command: bqpull query \(shellWord(word)) --into staging.db"
            } else if word == "version" {
                "bqpull --version"
            } else if let parent = BQPull.configuration.subcommands.first(where: { $0.has(word) })?.configuration
                .commandName
            {
                "did you mean bqpull \(parent) \(word)?"
            } else if let nearest = NearestName.find(word, among: commands) {
                "did you mean \(path) \(nearest)?"
            } else {
                "\(path) --help lists the commands"
            }
        return CommandError(.usage, "\(path) has no command \(word)", hint: hint)
    }
}

extension ParsableCommand {
    /// Whether it has a subcommand of this name.
    fileprivate static func has(_ name: String) -> Bool {
        configuration.subcommands.contains { $0.configuration.commandName == name }
    }
}
