import ArgumentParser
import Foundation

/// The text of `bqpull --help`: first steps and all commands, on one screen of 80 columns and 24 lines.
enum RootHelp {
    static func isRequested(by arguments: [String]) -> Bool {
        [[], ["--help"], ["-h"], ["help"]].contains(arguments)
    }

    static var text: String {
        let commands = BQPull.configuration.subcommands.map { $0.configuration }.filter { $0.shouldDisplay }
        let lines = commands.map { command in
            "  \((command.commandName ?? "").padding(toLength: 10, withPad: " ", startingAt: 0))\(command.abstract)"
        }
        return """
            \(BQPull.configuration.abstract)

            First steps:
              bqpull emulator                             try it without an account
              bqpull auth login --client-file FILE.json   get a refresh token, once
              bqpull query 'SELECT …' --into staging.db   pull a query into SQLite

            Commands:
            \(lines.joined(separator: "\n"))

            bqpull COMMAND --help shows examples and options, bqpull --version the version.

            """
    }
}
