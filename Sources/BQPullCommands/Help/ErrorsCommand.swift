import ArgumentParser
import TextSupport

/// `bqpull help errors`, also `bqpull errors`: explains exit codes and error identifiers.
struct ErrorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Explain exit codes and error identifiers.",
        discussion: """
            Examples:
              bqpull help errors
              bqpull help errors expiredOrRevoked
              bqpull help errors 77
            """
    )

    @Argument(help: "An identifier or an exit code. Default: all.")
    var name: String?

    func run() throws {
        guard let name else { return try StandardOutput.write(ErrorReference.text) }
        guard let text = ErrorReference.text(of: name) else {
            throw CommandError(
                .usage, "unknown identifier or exit code \(name)",
                hint: NearestName.suggestion(name, among: ErrorReference.entries.map(\.identifier))
                    ?? "bqpull help errors lists them")
        }
        try StandardOutput.write(text)
    }
}
