import ArgumentParser
import TextSupport

/// `bqpull help errors`, also `bqpull errors`: what exit codes and identifiers mean.
struct ErrorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Explain exit codes and the identifiers of errors.",
        discussion: """
            Examples:
              bqpull help errors
              bqpull help errors expiredOrRevoked
              bqpull help errors 77
            """
    )

    @Argument(help: "An identifier or an exit code. Default: all of them.")
    var name: String?

    func run() throws {
        guard let name else { return try StandardOutput.write(ErrorReference.text) }
        guard let text = ErrorReference.text(of: name) else {
            throw CommandError(
                message: "there is no error \(name)", exitStatus: .usage,
                hint: NearestName.suggestion(name, among: ErrorReference.identifiers.values.flatMap(\.self))
                    ?? "bqpull help errors lists them")
        }
        try StandardOutput.write(text)
    }
}
