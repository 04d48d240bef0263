public import ArgumentParser
public import BigQueryEmulator
import Foundation
import GoogleHTTP
import TextSupport

/// `bqpull emulator`: serves a local stand-in for BigQuery until it is interrupted.
struct EmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulator",
        abstract: "Serve a local stand-in for BigQuery.",
        discussion: """
            SQL is answered by SQLite, with BigQuery's table names, literals and
            parameters; for BigQuery's own dialect point bqpull at bqemulator. Tables of
            N generated rows are there for every N: `bench.trips_N` has a column of
            every type, `bench.numbers_N` narrow numbers, `bench.texts_N` wide texts,
            `bench.nested_N` STRUCTs and ARRAYs. Logins, tokens and their errors are
            Google's, with a consent page that anybody may click. Exports go into
            folders that stand for buckets of Cloud Storage, as CSV or JSON lines.

            Examples:
              bqpull emulator
              bqpull emulator --port 9050 --credentials-file credentials.json \\
                  --client-file client.json
              bqpull emulator --load sales.orders=orders.csv \\
                  --load sales.latest=latest.sql
              bqpull emulator --faults faults.json --latency 200
              bqpull emulator --bucket my-bucket=exports
            """
    )

    @Option(help: "The port to listen on, on 127.0.0.1; 0 takes a free one.")
    var port = 0

    @Option(help: "The one project that exists.")
    var project = EmulatorConfiguration().project

    @Option(
        help: ArgumentHelp(
            "A table to load, or a view with its query. Columns get their types from FILE.schema.json beside it, or from the values. SIGHUP reads the files again.",
            valueName: "dataset.table=file.csv|.jsonl|.db|.sql"))
    var load: [String] = []

    @Option(
        name: .customLong("bucket"),
        help: ArgumentHelp(
            "A folder that stands for a bucket, into which bqpull export writes; may be repeated.",
            valueName: "name=folder"))
    var buckets: [String] = []

    @Option(help: ArgumentHelp("The most that a page holds, by BigQuery's row size.", valueName: "size"))
    var pageBytes: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Keep so much of pages in memory as they were sent, and send them again when the same rows are asked for; nothing if not given.",
            valueName: "size"))
    var pageCache: ByteCount?

    @Option(help: ArgumentHelp("How long every answer waits.", valueName: "ms"))
    var latency = 0

    @Option(help: ArgumentHelp("How long an answer with rows waits besides.", valueName: "ms"))
    var pageLatency = 0

    @Option(help: ArgumentHelp("How long a job takes at least.", valueName: "ms"))
    var jobTime = 0

    @Option(
        help: ArgumentHelp(
            "How long the result of a query is kept; for ever if not given.", valueName: "seconds"))
    var resultLifetime: Int64?

    @Option(help: ArgumentHelp("Where to write a credentials file; a temporary one if not given.", valueName: "file"))
    var credentialsFile: String?

    @Option(
        help: ArgumentHelp(
            "What the credentials file holds.", valueName: "type"))
    var credentialsType = EmulatorCredentials.authorizedUser

    @Option(help: ArgumentHelp("Where to write the OAuth client as Google's console would.", valueName: "file"))
    var clientFile: String?

    @Option(
        name: .customLong("redirect-uri"),
        help: ArgumentHelp(
            "An address that a Web client has registered; may be repeated. With none it is a desktop client.",
            valueName: "uri"))
    var redirectURIs: [String] = []

    @Option(help: ArgumentHelp("How long an access token is good for.", valueName: "seconds"))
    var accessTokenLifetime = EmulatorConfiguration().accessTokenLifetime.components.seconds

    @Option(help: ArgumentHelp("How long a refresh token is good for; for ever if not given.", valueName: "seconds"))
    var refreshTokenLifetime: Int64?

    @Flag(help: "Give out a new refresh token with every refresh, and end the old one.")
    var rotateRefreshTokens = false

    @Option(help: ArgumentHelp("What goes wrong on purpose.", valueName: "name"))
    var failure: EmulatorFailure?

    @Option(
        help: ArgumentHelp(
            "A file of instructions for single requests, in the form of Google's storage test bench, for example {\"instructions\": {\"bigquery.jobs.getQueryResults\": [\"return-503\", \"stall-for-30s-after-4K\"]}}. What is met is told on standard error.",
            valueName: "file"))
    var faults: String?

    @Flag(help: "Answer requests without an access token too.")
    var noAuth = false

    /// The longest time of an option, in its unit: 11 days of milliseconds, or 31 years of seconds.
    private static let largestTime: Int64 = 1_000_000_000

    mutating func validate() throws {
        let numbers = [
            ("--port", Int64(port)), ("--latency", Int64(latency)), ("--page-latency", Int64(pageLatency)),
            ("--job-time", Int64(jobTime)),
            ("--access-token-lifetime", accessTokenLifetime), ("--refresh-token-lifetime", refreshTokenLifetime ?? 0),
            ("--result-lifetime", resultLifetime ?? 0),
        ]
        for (name, value) in numbers {
            let largest: Int64 = name == "--port" ? 65_535 : Self.largestTime
            guard (0...largest).contains(value) else { throw ValidationError("\(name) must be from 0 to \(largest)") }
        }
        for uri in redirectURIs {
            let parts = URLComponents(string: uri)
            guard let parts, parts.host != nil, parts.hasValidPort else {
                throw ValidationError("--redirect-uri \(uri): expected an address such as http://localhost:8080/")
            }
        }
        _ = try load.map(Self.tableSource)
        _ = try buckets.map(Self.bucket)
    }

    func run() async throws {
        let tables = try load.map(Self.tableSource)
        for file in tables.map(\.file) + [faults].compactMap(\.self) { try Self.checkFile(file) }
        let emulator = try Emulator(
            configuration: EmulatorConfiguration(
                port: port, project: project, pageBytes: pageBytes?.bytes, pageCacheBytes: pageCache?.bytes,
                latency: .milliseconds(latency),
                pageLatency: .milliseconds(pageLatency),
                jobTime: .milliseconds(jobTime), resultLifetime: resultLifetime.map { .seconds($0) },
                requiresAuthorization: !noAuth, redirectURIs: redirectURIs,
                accessTokenLifetime: .seconds(accessTokenLifetime),
                refreshTokenLifetime: refreshTokenLifetime.map { .seconds($0) },
                rotatesRefreshTokens: rotateRefreshTokens, failure: failure,
                faults: try faults.map { file throws(EmulatorError) in try FaultPlan(contentsOf: file) },
                onFault: { Diagnostics.info("fault: \($0.method): \(printable($0.instruction.description))") },
                tables: tables, buckets: Dictionary(try buckets.map(Self.bucket)) { _, last in last }))
        let folder = FileManager.default.temporaryDirectory.appending(path: "bqpull-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            // Without files there is nothing to read again, and the end of the terminal ends it as usual.
            let signals = tables.isEmpty ? [SIGINT, SIGTERM, SIGHUP] : [SIGINT, SIGTERM]
            try await Interruption.catching(signals: signals) {
                try await emulator.run { running in
                    var credentials = credentialsFile
                    if credentials == nil {
                        try FileManager.default.createDirectory(
                            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                        credentials = folder.appending(path: "credentials.json").path
                    }
                    try running.writeCredentialsFile(to: credentials ?? "", as: credentialsType)
                    if let clientFile { try running.writeClientFile(to: clientFile) }
                    let hangups = tables.isEmpty ? nil : Hangups()
                    try announce(running, credentials: credentials ?? "")
                    if let hangups { for await _ in hangups.signals { await Self.loadAgain(tables, running) } }
                }
            }
        } catch is Interruption {
            // How a server is meant to end.
        }
    }

    /// Prints where the server is; scripts wait for the first line.
    private func announce(_ running: RunningEmulator, credentials: String) throws {
        let login = clientFile.map { file in
            "  bqpull auth login --client-file \(file) --endpoint \(running.endpoint) --project \(project)"
        }
        let lines = [
            "listening on \(running.endpoint)",
            "credentials: \(credentials)",
            clientFile.map { "client: \($0)" },
            "a stand-in for BigQuery that hands SQL to SQLite; for BigQuery's dialect use bqemulator",
            "try, in another window:",
            "  export BIGQUERY_EMULATOR_HOST=\(running.endpoint)",
            "  export BQPULL_CREDENTIALS=\(shellWord(credentials))",
            "  bqpull query 'SELECT * FROM bench.trips_1000' --into staging.db",
            login,
        ]
        // Not print: what waits in a buffer for more would keep a script waiting too.
        try StandardOutput.write(lines.compactMap(\.self).joined(separator: "\n") + "\n")
    }

    /// Loads what can be loaded; a table whose file is no good any more stays as it was. Views come last, since they
    /// may need a table's new columns.
    private static func loadAgain(_ tables: [EmulatorConfiguration.TableSource], _ running: RunningEmulator) async {
        for table in tables.filter({ !isView($0) }) + tables.filter(isView) {
            let name = "\(table.dataset).\(table.table)"
            do {
                try checkFile(table.file)
                try await running.load(table)
                Diagnostics.info("loaded again: \(name) from \(printable(table.file))")
            } catch {
                let reason = Failure(error)?.message ?? "\(error)"
                Diagnostics.warning("\(name) stays as it was: \(printable(reason))")
            }
        }
    }

    /// Rejects what could block the emulator, such as a named pipe, in the place of a file or of its schema.
    private static func checkFile(_ file: String) throws {
        for path in [file, (file as NSString).deletingPathExtension + ".schema.json"] {
            do throws(InputFileError) {
                try InputFile.check(path)
            } catch {
                throw CommandError(
                    message: "\(printable(path)) \(error.reason)", exitStatus: .inputMissing, hint: error.hint)
            }
        }
    }

    private static func isView(_ table: EmulatorConfiguration.TableSource) -> Bool {
        table.file.lowercased().hasSuffix(".sql")
    }

    private static func bucket(_ text: String) throws -> (name: String, folder: String) {
        let halves = text.split(separator: "=", maxSplits: 1)
        guard halves.count == 2 else { throw ValidationError("--bucket \(text): expected NAME=FOLDER") }
        return (String(halves[0]), String(halves[1]))
    }

    private static func tableSource(_ text: String) throws -> EmulatorConfiguration.TableSource {
        let halves = text.split(separator: "=", maxSplits: 1)
        let names = halves.first?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        guard halves.count == 2, names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
            throw ValidationError("--load \(text): expected DATASET.TABLE=FILE")
        }
        return .init(dataset: String(names[0]), table: String(names[1]), file: String(halves[1]))
    }
}

extension EmulatorFailure: ExpressibleByArgument {}

extension EmulatorCredentials: ExpressibleByArgument {}
