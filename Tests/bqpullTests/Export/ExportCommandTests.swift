import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@testable import BQPullCommands

/// The built binary against an emulator with a bucket folder.
@Suite struct ExportCommandTests {
    struct User: Sendable {
        let home: EmulatorHome
        let bucket: String

        /// Runs `bqpull export`.
        func export(_ arguments: [String], input: String = "") async throws -> Binary.Outcome {
            try await home.run(command(arguments), input: input)
        }

        func command(_ arguments: [String]) -> [String] {
            ["export"] + arguments + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
        }

        /// Empty before the folder exists.
        var names: [String] { ((try? FileManager.default.subpathsOfDirectory(atPath: bucket)) ?? []).sorted() }

        func text(_ name: String) throws -> String {
            try String(contentsOfFile: "\(bucket)/\(name)", encoding: .utf8)
        }
    }

    private func withUser(
        jobTime: Duration = .zero, _ body: @escaping @Sendable (User) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            let view = folder.file("view.sql")
            try Data("SELECT 1 AS x".utf8).write(to: URL(fileURLWithPath: view))
            let bucket = folder.file("bucket")
            try FileManager.default.createDirectory(atPath: bucket, withIntermediateDirectories: false)
            let configuration = EmulatorConfiguration(
                jobTime: jobTime, tables: [.init(dataset: "d", table: "v", file: view)],
                buckets: ["my-bucket": bucket])
            try await EmulatorHome.with(configuration) { try await body(User(home: $0, bucket: bucket)) }
        }
    }

    @Test func exportsATable() async throws {
        try await withUser { user in
            let outcome = try await user.export(
                ["bench.numbers_12000", "--to", "gs://my-bucket/day/n-*.csv", "--json"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("2 files exported to gs://my-bucket/day/n-*.csv in "))
            #expect(outcome.errors.contains("read      local-project.bench.numbers_12000"))
            #expect(outcome.errors.contains("gcloud storage ls 'gs://my-bucket/day/n-*.csv'"))
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            #expect(report?["filesWritten"] as? Int == 2)
            #expect(report?["destination"] as? String == "gs://my-bucket/day/n-*.csv")
            #expect(report?["format"] as? String == "csv")
            #expect(report?["bytesBilled"] as? Int == 0)
            #expect(report?["copyDuration"] is NSNumber)
            #expect(user.names == ["day", "day/n-000000000000.csv", "day/n-000000000001.csv"])
            #expect(try user.text("day/n-000000000001.csv").split(separator: "\n").count == 2001)
        }
    }

    @Test func exportsAQueryFromEverySource() async throws {
        try await withUser { user in
            let sql = "SELECT id, @s AS s FROM bench.numbers_2 -- the last line"
            let file = user.home.folder.file("query.sql")
            try Data(sql.utf8).write(to: URL(fileURLWithPath: file))
            for (name, source, input) in [
                ("argument", [sql], ""), ("input", ["-"], sql), ("file", ["--file", file], ""),
            ] {
                let outcome = try await user.export(
                    source + ["--param", "s::a,b", "--to", "gs://my-bucket/\(name)-*.csv"], input: input)
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
                #expect(outcome.errors.contains("the query will process"))
                #expect(outcome.errors.contains("2 rows in 1 file exported"))
                #expect(outcome.output.isEmpty)
                #expect(try user.text("\(name)-000000000000.csv") == "id,s\n0,\"a,b\"\n1,\"a,b\"\n")
            }
        }
    }

    @Test func writesCompressedJSONLinesQuietly() async throws {
        try await withUser { user in
            let outcome = try await user.export(
                ["SELECT id, unit FROM bench.numbers_1", "--to", "gs://my-bucket/x-*.jsonl.gz", "--quiet"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.errors.isEmpty)
            #expect(outcome.output.isEmpty)
            let file = "\(user.bucket)/x-000000000000.jsonl.gz"
            let text = try await Binary(program: URL(fileURLWithPath: "/bin/sh")).run(["-c", "gzip -dc '\(file)'"])
            #expect(text.output == "{\"id\":\"0\",\"unit\":\"millimetre\"}\n")
        }
    }

    @Test func replacesFilesOnlyWithOverwrite() async throws {
        try await withUser { user in
            let command = ["SELECT 1 AS x", "--to", "gs://my-bucket/x-*.csv"]
            #expect(try await user.export(command).exitCode == 0)
            let refused = try await user.export(command)
            #expect(refused.exitCode == 3, "\(refused.errors)")
            #expect(refused.errors.contains("--overwrite"))
            #expect(try await user.export(command + ["--overwrite"]).exitCode == 0)
        }
    }

    @Test(
        arguments: [
            (["bench.numbers_1", "--to", "my-bucket/x.csv"], 64, "is not a URI of Cloud Storage"),
            (["bench.numbers_1", "--to", "gs://my-bucket/x-*"], 64, "--format"),
            (["bench.numbers_1", "--to", "gs://my-bucket/x.csv", "--format", "avro"], 64, "ends with .csv"),
            (["bench.numbers_1", "--to", "gs://my-bucket/x.csv", "--compression", "zstd"], 64, "none, gzip"),
            (["bench.numbers_1", "--to", "gs://my-bucket/x.csv", "--param", "x:INT64:1"], 64, "--param"),
            (["SELECT 1 AS x", "--to", "gs://my-bucket/x.csv"], 64, "has no *"),
            (["SELECT 1 AS x", "--to", "gs://my-bucket/x-*.csv", "--use-legacy-sql"], 64, "legacy"),
            (["SELECT 1; SELECT 2", "--to", "gs://my-bucket/x-*.csv"], 64, "SCRIPT"),
            (["SELECT x FROM bench.numbers_1", "--to", "gs://my-bucket/x-*.csv"], 3, "no such column"),
            (["bench.nested_1", "--to", "gs://my-bucket/x-*.csv"], 64, "which CSV cannot represent"),
            (["bench.number_1000", "--to", "gs://my-bucket/x-*.csv"], 3, "did you mean"),
            (["orders", "--to", "gs://my-bucket/x-*.csv"], 64, "neither a table name nor SQL"),
            (["bench.numbers_1@-3600000", "--to", "gs://my-bucket/x-*.csv"], 64, "FOR SYSTEM_TIME AS OF"),
            (["d.v", "--to", "gs://my-bucket/x-*.csv"], 64, "bqpull export 'SELECT * FROM `local-project.d.v`'"),
            (["bench.numbers_1", "--to", "gs://no-bucket/x-*.csv"], 3, "the name of the bucket"),
            (["bench.numbers_90000000", "--to", "gs://my-bucket/x.csv"], 3, "put one * into the name"),
            (["bench.numbers_1", "--to", "gs://my-bucket/x-*.parquet"], 3, "does not write PARQUET files"),
        ] as [([String], Int32, String)])
    func invalidInputHasAClearErrorAndExitCode(arguments: [String], exitCode: Int32, mention: String) async throws {
        try await withUser { user in
            let outcome = try await user.export(arguments + ["--quiet"])
            #expect(outcome.isFailure(exitCode), "\(outcome.exitCode) \(outcome.errors)")
            #expect(outcome.errors.contains(mention), "\(outcome.errors)")
            #expect(user.names.isEmpty)
        }
    }

    @Test(arguments: [[], ["SELECT 1", "--file", "x.sql"]]) func requiresOneSource(source: [String]) async throws {
        let outcome = try await Binary().run(["export"] + source + ["--to", "gs://my-bucket/x-*.csv"])
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains("exactly one of"))
    }

    @Test(arguments: ["bench.numbers_1", "SELECT 1 AS x"]) func aSignalCancelsTheJob(source: String) async throws {
        try await withUser(jobTime: .seconds(600)) { user in
            let export = try await user.home.binary().start(
                user.command([source, "--to", "gs://my-bucket/x-*.csv", "--verbose"]))
            _ = try await export.wait(for: /GET [^\n]+\/jobs\/bqpull_[^\n]+: 200/)
            export.send(signal: SIGINT)
            let outcome = try await export.outcome()
            #expect(outcome.exitCode == 130)
            #expect(outcome.errors.contains("requested cancellation of job local-project:US.bqpull_"))
            #expect(outcome.errors.contains("files already written remain at gs://my-bucket/x-*.csv"))
            #expect(user.home.emulator.counters.requests["jobs.cancel"] == 1)
            #expect(user.names.isEmpty)
        }
    }

    /// The suggested command exports the same rows.
    @Test func suggestsAnExportOfALargeResult() async throws {
        try await EmulatorHome.with { home in
            for (arguments, offer) in [
                (
                    ["query", "SELECT * FROM `bench.numbers_9000000000`", "--yes"],
                    "'SELECT * FROM `bench.numbers_9000000000`'"
                ),
                (["table", "bench.numbers_9000000000"], "bench.numbers_9000000000"),
            ] {
                let pull = try await home.binary().start(
                    arguments + [
                        "--ignore-disk-space", "--into", home.folder.file("staging.db"), "--endpoint",
                        home.emulator.endpoint,
                        "--credentials", home.credentials,
                    ])
                _ = try await pull.wait(for: /warning: the rows need about [^\n]+\n\nhint: [^\n]+\n/)
                pull.send(signal: SIGINT)
                let outcome = try await pull.outcome()
                #expect(outcome.exitCode == 130)
                #expect(
                    outcome.errors.contains("bqpull export \(offer) --to 'gs://BUCKET/PREFIX-*.parquet' --endpoint"))
            }
        }
    }

    @Test func helpHasExamplesAndNamesEveryOption() async throws {
        let outcome = try await Binary().run(["export", "--help"])
        #expect(outcome.exitCode == 0)
        for text in [
            "Examples:", "--to", "--format", "--compression", "--overwrite", "--param", "--label", "--location",
            "--quiet", "--json", "--file",
        ] {
            #expect(outcome.output.contains(text), "\(text)")
        }
    }

    @Test(arguments: [
        ("sales.orders", ExportSource.table("sales.orders")), ("p:d.t", .table("p:d.t")),
        ("`p.d.t`", .table("`p.d.t`")),
        ("d.t$20240131", .table("d.t$20240131")), ("d.my table", .table("d.my table")),
        ("SELECT 1.5", .query("SELECT 1.5")), ("SELECT * FROM a.b", .query("SELECT * FROM a.b")),
        ("(SELECT 1)", .query("(SELECT 1)")),
    ])
    func distinguishesATableFromAQuery(argument: String, source: ExportSource) throws {
        #expect(try ExportSource(argument, file: nil) == source)
    }
}
