/// SQL text in the process arguments that begins with a comment, `--`, as an option does.
enum CommentedSQL {
    /// The arguments with such text after `--`, where the parser takes no word for an option.
    static func separated(_ arguments: [String]) -> [String] {
        let options = arguments.prefix { $0 != "--" }
        let texts = options.filter(isSQL)
        guard !texts.isEmpty else { return arguments }
        return options.filter { !isSQL($0) } + ["--"] + texts + arguments[options.endIndex...].dropFirst()
    }

    /// Whether an argument cannot be an option, because white space precedes any `=`.
    static func isSQL(_ argument: String) -> Bool {
        guard argument.hasPrefix("--") else { return false }
        return argument.first { $0 == "=" || $0.isWhitespace }?.isWhitespace == true
    }
}
