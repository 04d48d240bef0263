import ArgumentParser
import Foundation

/// The command line. Data goes to standard output, everything else to standard error.
@main
struct BQPull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bqpull",
        abstract: "BigQuery into a local SQLite staging table, with a client id, a client secret and a refresh token.",
        discussion: """
            Try it without an account:
              bqpull emulator
            Get a refresh token, once:
              bqpull auth login
            See what is there:
              bqpull ls dataset
              bqpull show dataset.table
            Pull a query:
              bqpull query 'SELECT * FROM dataset.table' --into staging.db
            Pull a table without a query, which costs nothing:
              bqpull table dataset.table --into staging.db
            Measure how fast it is:
              bqpull bench 'SELECT * FROM dataset.table'
            """,
        version: ToolBuild.description,
        subcommands: [
            AuthCommand.self, QueryCommand.self, TableCommand.self, ResumeCommand.self, RunsCommand.self,
            ListCommand.self, ShowCommand.self, BenchCommand.self, EmulatorCommand.self,
        ]
    )

    static func main() async {
        // A closed pipe is an error of the write that meets it, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.fill()
        do {
            var command = try parseAsRoot()
            try OpenFileLimit.require()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Failure(error) else { exit(withError: error) }
            failure.print()
            Foundation.exit(failure.exitStatus.rawValue)
        }
    }
}
