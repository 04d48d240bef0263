import ArgumentParser
import BigQuery
import BigQueryPull
import SQLiteStaging
import TextSupport

/// `bqpull resume`: continues an interrupted pull.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Continue an interrupted pull, however old it is.",
        discussion: """
            The job does not run again: the pull continues after the last staged row.
            If the result has expired, the staged rows are dropped and the query runs
            again. A table read without a query is read from the start if it has changed
            since. A run that was published just before its process ended is reported;
            other finished runs are not changed.

            Examples:
              bqpull resume staging.db
              bqpull resume staging.db --run 3f0c5a52-6d0e-4e39-a1f0-6f4f6f8f2b11
            """
    )

    @Argument(help: ArgumentHelp("The staging database.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp("The ID of the run, see bqpull runs. Default: the latest unfinished one.", valueName: "id"))
    var run: String?

    @Flag(help: "Drop the staged rows, and run the query again.")
    var restart = false

    @OptionGroup var cost: CostOptions

    @OptionGroup var options: PullOptions

    func run() async throws {
        guard let unfinished = try await find() else { return }
        let project = unfinished.intent.project
        guard (options.connection.project ?? project) == project else {
            throw CommandError(
                .usage, "run \(unfinished.intent.runID) belongs to project \(project)", hint: "omit --project")
        }
        let settings = try options.connection.settings()
        try await options.stage(into: file) { running in
            var pull = try pull(
                continuing: unfinished, try await running.connection.client(project: project), settings, running.display
            )
            options.configure(&pull, restarts: restart, for: running)
            return try await pull.publish(into: unfinished.target)
        }
    }

    private func pull(
        continuing run: RecordedRun, _ client: BigQueryClient, _ settings: Settings, _ display: ProgressDisplay?
    ) throws -> any Pull {
        guard run.intent.jobID != nil else { return try TablePull(continuing: run, client: client) }
        var pull = try QueryPull(continuing: run, client: client)
        pull.onInterruptedJob = InterruptedJobText.show
        // For a query whose result has expired.
        if let limit = try settings.value(.maxBytesBilled, option: cost.maxBytesBilled) {
            pull.query.maximumBytesBilled = Int64(limit.bytes)
        }
        let (cost, limit, connection) = (cost, pull.query.maximumBytesBilled, options.connection)
        pull.onEstimate = { estimate in
            LoadText.debug(estimate, connection)
            try await cost.allow(estimate, limit: limit, settings, display)
        }
        return pull
    }

    /// The run to continue or to report; `nil` if there is nothing to do.
    private func find() async throws -> RecordedRun? {
        let runs = try await RunLog.read(path: file, options.lock.staging)
        if let run {
            guard let found = runs.first(where: { $0.intent.runID == run }) else {
                throw StagingError(code: .noRun, message: "\(file) has no run \(run)")
                    .hinted("bqpull runs \(shellWord(file)) lists them")
            }
            guard !found.state.isUnfinished, !found.awaitsAcknowledgement else { return found }
            guard found.state == .published else {
                throw StagingError(
                    code: .noRun, message: "run \(run) is \(found.state.rawValue); there is nothing to continue"
                ).hinted("run its command again")
            }
            Diagnostics.info("run \(run) is already published")
            return nil
        }
        let unfinished = runs.last { $0.state.isUnfinished }
        guard let latest = unfinished ?? runs.last(where: { $0.awaitsAcknowledgement }) else {
            Diagnostics.info("all runs in \(file) are finished")
            return nil
        }
        return latest
    }
}
