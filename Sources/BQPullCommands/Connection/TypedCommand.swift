import TextSupport

/// The command in the process arguments, for hints that repeat it with other options.
struct TypedCommand {
    /// The arguments, without the program.
    private var words: [String]

    init(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
        words = arguments
    }

    /// The command, quoted for a shell, without its token command.
    var text: String {
        let token = "--token-command"
        let words = value(of: token) == nil ? words : setting(token, CredentialOptions.elidedCommand).words
        return (["bqpull"] + words.map(shellWord)).joined(separator: " ")
    }

    /// The value of an option; `nil` if it is not given.
    func value(of option: String) -> String? {
        guard let position = positions(of: option).last else { return nil }
        guard words[position] == option else { return String(words[position].dropFirst(option.count + 1)) }
        return words.indices.contains(position + 1) ? words[position + 1] : nil
    }

    /// The command with an option that has only this value.
    func setting(_ option: String, _ value: String) -> TypedCommand { setting(option, [value]) }

    /// The command with an option that has only these values.
    func setting(_ option: String, _ values: [String]) -> TypedCommand {
        var command = self
        for position in positions(of: option).reversed() {
            let end = words[position] == option ? position + 2 : position + 1
            command.words.removeSubrange(position..<min(end, words.count))
        }
        // A separate value that begins with a hyphen would be taken for an option.
        command.append(values.flatMap { $0.hasPrefix("-") ? ["\(option)=\($0)"] : [option, $0] })
        return command
    }

    /// The command with a flag.
    func setting(_ flag: String) -> TypedCommand {
        guard positions(of: flag).isEmpty else { return self }
        var command = self
        command.append([flag])
        return command
    }

    /// The command with another argument in the place of one.
    func replacing(_ argument: String, with other: String) -> TypedCommand {
        guard let position = words.firstIndex(of: argument) else { return self }
        var command = self
        guard other.hasPrefix("-"), position < endOfOptions else {
            command.words[position] = other
            return command
        }
        command.words.remove(at: position)
        return command.adding(other)
    }

    /// The command with one more argument.
    func adding(_ argument: String) -> TypedCommand {
        var command = self
        if argument.hasPrefix("-") {
            // Among the options it could be taken for one.
            if endOfOptions == words.endIndex { command.words.append("--") }
            command.words.append(argument)
        } else {
            command.append([argument])
        }
        return command
    }

    /// The end of the options: `--`, after which every word is an argument.
    private var endOfOptions: Int { words.firstIndex(of: "--") ?? words.endIndex }

    private func positions(of option: String) -> [Int] {
        words[..<endOfOptions].indices.filter { words[$0] == option || words[$0].hasPrefix("\(option)=") }
    }

    private mutating func append(_ added: [String]) {
        words.insert(contentsOf: added, at: endOfOptions)
    }
}
