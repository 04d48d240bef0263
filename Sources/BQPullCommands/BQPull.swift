public import ArgumentParser
import Foundation

/// The command line. Data goes to standard output, everything else to standard error.
public struct BQPull: AsyncParsableCommand {
    /// Creates the root command, which does nothing itself.
    public init() {}

    /// The name, the version and the subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "bqpull",
        abstract: "Pull BigQuery results into SQLite, with Data Factory's refresh token.",
        version: ToolBuild.description,
        subcommands: [
            AuthCommand.self, QueryCommand.self, TableCommand.self, ResumeCommand.self, RunsCommand.self,
            LoadsCommand.self, ListCommand.self, ShowCommand.self, ExportCommand.self, BenchCommand.self,
            EmulatorCommand.self, ConfigCommand.self, ErrorsCommand.self,
        ]
    )

    /// Runs the command in the process arguments, and exits with its status.
    public static func start() -> Never {
        // Before the concurrency runtime opens files, which would get the numbers of closed streams.
        openStandardStreams()
        // A write to a closed pipe fails instead of ending the process.
        signal(SIGPIPE, SIG_IGN)
        // Before a second thread starts.
        ProcessEnvironment.read()
        Task {
            await runCommand()
            Foundation.exit(0)
        }
        dispatchMain()
    }

    private static func runCommand() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        Diagnostics.format = LogFormat(arguments: arguments, environment: ProcessEnvironment.variables)
        do {
            try ProcessText.requireUTF8()
            try await run(arguments)
        } catch is BrokenPipe {
            // The reader needs no more.
        } catch {
            // Help and version: static text, which the parser writes.
            guard exitCode(for: error) != .success else { exit(withError: error) }
            let failure = Failure(error, of: CommandPath(arguments))
            Diagnostics.failure(failure)
            Foundation.exit(failure.exitStatus.rawValue)
        }
    }

    /// Opens the standard streams that are closed, so that no socket gets the number of one.
    ///
    /// For reading only: writing fails as on a closed stream.
    private static func openStandardStreams() {
        // open(2) returns the lowest free descriptor.
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDONLY)
        }
    }

    private static func run(_ arguments: [String]) async throws {
        guard !RootHelp.isRequested(by: arguments) else { return try StandardOutput.write(RootHelp.text) }
        if let format = ProcessEnvironment.value(LogFormat.variable), LogFormat(rawValue: format) == nil {
            throw CommandError(
                .usage, "\(LogFormat.variable)=\(format) is not a log format", hint: "set it to text or json")
        }
        if let failure = CommandPath(arguments).failure { throw failure }
        // The parser's help command explains commands only.
        let isAboutErrors = arguments.starts(with: ["help", "errors"])
        var command = try parseAsRoot(
            isAboutErrors ? Array(arguments.dropFirst()) : CommentedSQL.separated(arguments))
        try SystemLimits.requireOpenFiles()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }
}
