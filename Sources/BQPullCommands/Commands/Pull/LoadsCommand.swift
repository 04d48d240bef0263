import ArgumentParser
import SQLiteStaging
import TextSupport

/// `bqpull loads`: lists the loads of a staging database.
struct LoadsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loads",
        abstract: "List the loads of a staging database, or reset the mark of one.",
        discussion: """
            A load is a pull with --incremental or --load. Its mark is the highest value
            of the incremental column so far; the next run begins there. After --reset,
            the next run begins from the first row, or at the value of --to. Rows of an
            interrupted run of the load are dropped.

            Examples:
              bqpull loads staging.db
              bqpull loads staging.db --json
              bqpull loads staging.db --reset orders
              bqpull loads staging.db --reset orders --to 2024-02-01
            """
    )

    @Argument(help: ArgumentHelp("The staging database.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Reset the mark of a load.", valueName: "name"))
    var reset: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The new mark, in the type of the incremental column. Default: none, so that the next run pulls all rows.",
            valueName: "value"))
    var to: String?

    @Flag(help: "Write the loads as one JSON array to standard output.")
    var json = false

    @OptionGroup var lock: LockOptions

    func validate() throws {
        guard to == nil || reset != nil else { throw ValidationError("--to requires --reset NAME") }
        guard reset != "" else { throw ValidationError("--reset requires a name") }
    }

    func run() async throws {
        if let reset { try await self.reset(reset) }
        guard reset == nil || json else { return }
        let loads = try await LoadLog.read(path: file, lock.staging)
        if json {
            try StandardOutput.writeJSON(loads.map(LoadSummary.init))
        } else if loads.isEmpty {
            Diagnostics.info("\(printable(file)) has no loads")
        } else {
            try StandardOutput.write(loads.map(LoadRecordText.text).joined(separator: "\n"))
        }
    }

    private func reset(_ name: String) async throws {
        let (load, droppedRuns) = try await LoadLog.reset(name, to: to, path: file, lock.staging)
        Diagnostics.info(LoadRecordText.reset(load))
        for run in droppedRuns {
            Diagnostics.info("dropped the rows of run \(run.intent.runID): \(Readable.rows(run.rows))")
        }
    }
}
