public import ArgumentParser
public import BigQuery
import BigQueryPull
import Foundation
import Synchronization
import TextSupport

/// `bqpull export`: has BigQuery write the result of a query, or a table, to files in Cloud Storage.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Have BigQuery write rows to files in Cloud Storage.",
        discussion: """
            Examples:
              bqpull export sales.orders --to 'gs://my-bucket/orders-*.parquet' \\
                  --compression zstd
              bqpull export 'SELECT * FROM sales.orders WHERE day = @day' \\
                  --param day:DATE:2024-01-01 --to 'gs://my-bucket/day/orders-*.csv.gz'
              bqpull export --file orders.sql --to 'gs://my-bucket/orders-*.jsonl' \\
                  --overwrite
              bqpull export 'sales.orders$20240131' --to gs://my-bucket/orders.avro

            For data too large for one machine. A table is exported by an extract job,
            which is free of charge; a query is billed as usual and runs as an EXPORT
            DATA statement. BigQuery writes many files in parallel and replaces * with
            their numbers; a table of up to 1 GB can go into one file without *. The
            bucket must be in the location of the data. Ctrl-C cancels the job; files
            already written remain.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The SQL text, - to read it from standard input, or a table: DATASET.TABLE or PROJECT.DATASET.TABLE.",
            valueName: "sql|table"))
    var source: String?

    @Option(help: ArgumentHelp("A file with the SQL text.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("The files to write, for example gs://bucket/prefix-*.parquet.", valueName: "uri"))
    var to: String

    @Option(help: ArgumentHelp("Their format. Default: from the file extension.", valueName: "format"))
    var format: ExportFormat?

    @Option(
        help: ArgumentHelp(
            "Their compression: gzip for csv and jsonl, deflate or snappy for avro, gzip, snappy or zstd for parquet. Default: gzip for names that end in .gz, else none.",
            valueName: "name"))
    var compression: ExportCompression?

    @Flag(help: "Replace existing files of the same names. Exports of a table always do.")
    var overwrite = false

    @OptionGroup var job: JobOptions

    @Flag(help: "Show no progress and no report.")
    var quiet = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (source == nil) != (file == nil) else {
            throw ValidationError("Pass exactly one of: a table, the SQL text, - for standard input, or --file PATH")
        }
    }

    func run() async throws {
        let destination = try ExportDestination(uri: to, format: format, compression: compression)
        let source = try ExportSource(source, file: file)
        let settings = try connection.settings()
        let (command, display) = (self, quiet ? nil : ProgressDisplay())
        let jobs = StartedJobs()
        let onProgress: @Sendable (ExportProgress) -> Void = { progress in
            jobs.update(progress)
            display?.update(progress)
        }
        let report = try await Interruption.catching(note: jobs.note(destination)) {
            try await Connection.with(connection) { connection in
                let client = try await connection.client()
                let export: @Sendable () async throws -> ExportReport
                switch source {
                case .table(let name):
                    export = try command.tableExport(name, to: destination, client, settings, onProgress)
                case .query(let sql):
                    export = try command.queryExport(sql, to: destination, client, settings, onProgress, display)
                }
                var report = if let display { try await display.showing(while: export) } else { try await export() }
                report.warnings.insert(contentsOf: connection.warnings, at: 0)
                return report
            }
        }
        if !quiet { Diagnostics.info(ExportText.text(report), report) }
        for warning in report.warnings { Diagnostics.warning(warning.message) }
        if connection.json {
            try StandardOutput.writeJSON(report, hint: "the files are written; only the report is missing")
        }
    }

    private func queryExport(
        _ sql: String, to destination: ExportDestination, _ client: BigQueryClient, _ settings: Settings,
        _ onProgress: @escaping @Sendable (ExportProgress) -> Void, _ display: ProgressDisplay?
    ) throws -> @Sendable () async throws -> ExportReport {
        let query = try job.query(sql, settings)
        var export = QueryExport(query, to: destination, client: client)
        export.overwrites = overwrite
        export.onProgress = onProgress
        export.onInterruptedJob = InterruptedJobText.show
        let cost = job.cost
        export.onEstimate = { estimate in
            try await cost.allow(estimate, limit: query.maximumBytesBilled, settings, display)
        }
        return { [export] in
            try await NameSuggestion(client: client).explainingQuery { try await export.run() }
        }
    }

    private func tableExport(
        _ name: String, to destination: ExportDestination, _ client: BigQueryClient, _ settings: Settings,
        _ onProgress: @escaping @Sendable (ExportProgress) -> Void
    ) throws -> @Sendable () async throws -> ExportReport {
        guard !job.isGivenForQuery else {
            throw CommandError(
                .usage, "--param, --priority, --max-bytes-billed and other query options do not apply to a table",
                hint: "omit them, or pass a query: bqpull export 'SELECT * FROM …'")
        }
        let table = try TableReference(parsing: name, defaultProject: client.configuration.project)
        var export = TableExport(table, to: destination, client: client)
        export.location = try settings.value(.location, option: job.location)
        export.labels = Dictionary(job.labels.map { ($0.key, $0.value) }) { _, last in last }
        export.onProgress = onProgress
        export.onInterruptedJob = InterruptedJobText.show
        return { [export] in
            do {
                return try await export.run()
            } catch let error as BigQueryError where !error.message.contains("gs://") {
                // An error that names a bucket is not about the table.
                return try await NameSuggestion(client: client).explaining(table) { throw error }
            }
        }
    }
}

/// Whether a job can have written files, for the note of an interruption.
private final class StartedJobs: Sendable {
    private let isStarted = Mutex(false)

    func update(_ progress: ExportProgress) {
        if progress.phase != .planning { isStarted.withLock { $0 = true } }
    }

    func note(_ destination: ExportDestination) -> Interruption.Note {
        guard isStarted.withLock({ $0 }) else { return .init(message: "nothing was written") }
        return .init(
            message: "files already written remain at \(printable(destination.uri, limit: 300))",
            hint: "run the same command again, with --overwrite")
    }
}

extension ExportFormat: ExpressibleByArgument {}
extension ExportCompression: ExpressibleByArgument {}
