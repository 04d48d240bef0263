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
            SQLite runs the SQL, with BigQuery's table names, literals and parameters;
            for BigQuery's dialect, point bqpull at bqemulator. Generated tables of N
            rows exist for every N: `bench.trips_N` has a column of every type,
            `bench.numbers_N` narrow numbers, `bench.texts_N` wide texts,
            `bench.nested_N` STRUCTs and ARRAYs. Sign-in, tokens and their errors behave
            like Google's, with a consent page that any user can accept. Exports go to
            folders that stand in for Cloud Storage buckets, as CSV or JSON lines.

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

    @Option(help: "The port to listen on, on 127.0.0.1; 0 picks a free one.")
    var port = 0

    @Option(help: "The only project that exists.")
    var project = EmulatorConfiguration().project

    @Option(
        help: ArgumentHelp(
            "A table to load, or a view with its query. Column types come from FILE.schema.json next to it, or from the values. SIGHUP reloads the files.",
            valueName: "dataset.table=file.csv|.jsonl|.db|.sql"))
    var load: [String] = []

    @Option(
        name: .customLong("bucket"),
        help: ArgumentHelp(
            "A folder that stands in for a bucket of bqpull export; can be repeated.",
            valueName: "name=folder"))
    var buckets: [String] = []

    @Option(help: ArgumentHelp("The maximum size of a page, by BigQuery's row size.", valueName: "size"))
    var pageBytes: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Cache encoded pages up to this size, and reuse them for requests of the same rows. Default: no cache.",
            valueName: "size"))
    var pageCache: ByteCount?

    @Option(help: ArgumentHelp("The delay of every response.", valueName: "ms"))
    var latency = 0

    @Option(help: ArgumentHelp("The additional delay of every response with rows.", valueName: "ms"))
    var pageLatency = 0

    @Option(help: ArgumentHelp("The minimum duration of a job.", valueName: "ms"))
    var jobTime = 0

    @Option(
        help: ArgumentHelp(
            "How long the result of a query is kept. Default: indefinitely.", valueName: "seconds"))
    var resultLifetime: Int64?

    @Option(help: ArgumentHelp("Where to write a credentials file. Default: a temporary file.", valueName: "file"))
    var credentialsFile: String?

    @Option(
        help: ArgumentHelp("The type of credentials in the credentials file.", valueName: "type"))
    var credentialsType = EmulatorCredentials.authorizedUser

    @Option(
        help: ArgumentHelp(
            "Where to write the OAuth client file, as Google's console writes it.", valueName: "file"))
    var clientFile: String?

    @Option(
        name: .customLong("redirect-uri"),
        help: ArgumentHelp(
            "A registered redirect URI of a web client; can be repeated. Default: a desktop client.",
            valueName: "uri"))
    var redirectURIs: [String] = []

    @Option(help: ArgumentHelp("The lifetime of access tokens.", valueName: "seconds"))
    var accessTokenLifetime = EmulatorConfiguration().accessTokenLifetime.components.seconds

    @Option(help: ArgumentHelp("The lifetime of refresh tokens. Default: unlimited.", valueName: "seconds"))
    var refreshTokenLifetime: Int64?

    @Flag(help: "Issue a new refresh token with every refresh, and revoke the old one.")
    var rotateRefreshTokens = false

    @Option(help: ArgumentHelp("The failure to simulate.", valueName: "name"))
    var failure: EmulatorFailure?

    @Option(
        help: ArgumentHelp(
            "A file of fault instructions for single requests, as in Google's storage testbench, for example {\"instructions\": {\"bigquery.jobs.getQueryResults\": [\"return-503\", \"stall-for-30s-after-4K\"]}}. Applied instructions are logged on standard error.",
            valueName: "file"))
    var faults: String?

    @Flag(help: "Accept requests without an access token.")
    var noAuth = false

    /// The maximum of time options, in their unit: 11 days of milliseconds, or 31 years of seconds.
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
                throw ValidationError("--redirect-uri \(uri): expected a URL such as http://localhost:8080/")
            }
        }
        _ = try load.map(Self.tableSource)
        _ = try buckets.map(Self.bucket)
    }

    func run() async throws {
        let tables = try load.map(Self.tableSource)
        for file in tables.map(\.file) + [faults].compactMap(\.self) { try Self.checkFile(file) }
        var configuration = EmulatorConfiguration(
            port: port, project: project, pageBytes: pageBytes?.bytes, latency: .milliseconds(latency),
            pageLatency: .milliseconds(pageLatency), jobTime: .milliseconds(jobTime),
            resultLifetime: resultLifetime.map { .seconds($0) }, requiresAuthorization: !noAuth,
            redirectURIs: redirectURIs, accessTokenLifetime: .seconds(accessTokenLifetime),
            refreshTokenLifetime: refreshTokenLifetime.map { .seconds($0) },
            rotatesRefreshTokens: rotateRefreshTokens, failure: failure,
            faults: try faults.map { file throws(EmulatorError) in try FaultPlan(contentsOf: file) },
            tables: tables, buckets: Dictionary(try buckets.map(Self.bucket)) { _, last in last })
        configuration.pageCacheBytes = pageCache?.bytes
        configuration.onFault = { Diagnostics.info("fault: \($0.method): \(printable($0.instruction.description))") }
        let emulator = try Emulator(configuration: configuration)
        let folder = FileManager.default.temporaryDirectory.appending(path: "bqpull-\(UUID().uuidString)")
        // The folder exists only without `--credentials-file`.
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            // SIGHUP reloads files; without any, it ends the emulator.
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
                    if let hangups { for await _ in hangups.signals { await Self.reload(tables, running) } }
                }
            }
        } catch is Interruption {
            // The regular end of a server.
        }
    }

    /// Prints the endpoint, for which scripts wait, and how to use it.
    private func announce(_ running: RunningEmulator, credentials: String) throws {
        let login = clientFile.map { file in
            "  bqpull auth login --client-file \(file) --endpoint \(running.endpoint) --project \(project)"
        }
        let lines = [
            "listening on \(running.endpoint)",
            "credentials: \(credentials)",
            clientFile.map { "client: \($0)" },
            "SQL runs in SQLite; for BigQuery's dialect use bqemulator",
            "in another terminal, try:",
            "  export BIGQUERY_EMULATOR_HOST=\(running.endpoint)",
            "  export BQPULL_CREDENTIALS=\(shellWord(credentials))",
            "  bqpull query 'SELECT * FROM bench.trips_1000' --into staging.db",
            login,
        ]
        // Not print, whose buffer would keep a script waiting.
        try StandardOutput.write(lines.compactMap(\.self).joined(separator: "\n") + "\n")
    }

    /// Reloads all tables; a table whose file is invalid stays unchanged. Views come last, since they can need new columns
    /// of tables.
    private static func reload(_ tables: [EmulatorConfiguration.TableSource], _ running: RunningEmulator) async {
        for table in tables.filter({ !isView($0) }) + tables.filter(isView) {
            let name = "\(table.dataset).\(table.table)"
            do {
                try checkFile(table.file)
                try await running.load(table)
                Diagnostics.info("reloaded \(name) from \(printable(table.file))")
            } catch {
                Diagnostics.warning("\(name) is unchanged: \(printable(Failure(error).message))")
            }
        }
    }

    /// Rejects a file or schema that could block the emulator, such as a named pipe.
    private static func checkFile(_ file: String) throws {
        for path in [file, (file as NSString).deletingPathExtension + ".schema.json"] {
            do throws(InputFileError) {
                try InputFile.check(path)
            } catch {
                throw CommandError(.unreadableInput, "\(printable(path)) \(error.reason)", hint: error.hint)
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

/// Receives SIGHUP, which no longer ends the process.
private final class Hangups {
    /// An element for each signal; signals that arrive while one is handled are merged.
    let signals: AsyncStream<Void>
    private let source: any DispatchSourceSignal

    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        signals = stream
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
    }

    deinit {
        source.cancel()
    }
}
