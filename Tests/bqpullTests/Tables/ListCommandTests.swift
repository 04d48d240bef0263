import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@Suite struct ListCommandTests {
    /// Runs with a table `sales.orders` and a view `sales.latest`.
    private func withSales(_ body: @Sendable (EmulatorHome, [String]) async throws -> Void) async throws {
        try await EmulatorHome.with { home in
            let files = [("orders", "csv", "id\n1\n2\n"), ("latest", "sql", "SELECT MAX(id) AS id FROM sales.orders")]
            for (table, type, text) in files {
                let file = home.folder.file("\(table).\(type)")
                try Data(text.utf8).write(to: URL(filePath: file))
                try await home.emulator.load(.init(dataset: "sales", table: table, file: file))
            }
            try await body(home, ["--credentials", home.credentials, "--endpoint", home.emulator.endpoint])
        }
    }

    @Test func listsDatasets() async throws {
        try await withSales { home, options in
            let outcome = try await home.run(["ls"] + options)
            #expect(outcome.output == "bench\nsales\n")
            #expect(outcome.errors.isEmpty && outcome.exitCode == 0)
            let json = try await home.run(["ls", "--json"] + options)
            #expect(
                json.output
                    == #"{"datasets":[{"dataset":"bench","location":"US"},{"dataset":"sales","location":"US"}],"project":"local-project"}"#
                    + "\n")
        }
    }

    @Test(arguments: ["sales", "local-project.sales", "local-project:sales"])
    func listsTablesWithTheirTypes(dataset: String) async throws {
        try await withSales { home, options in
            let outcome = try await home.run(["ls", dataset] + options)
            #expect(outcome.output == "latest\tVIEW\norders\tTABLE\n")
            #expect(outcome.errors.isEmpty && outcome.exitCode == 0)
            let json = try await home.run(["ls", dataset, "--json"] + options)
            let form =
                /\{"dataset":"sales","project":"local-project","tables":\[\{"created":"[-0-9:TZ]+","table":"latest","type":"VIEW"\},\{"created":"[-0-9:TZ]+","table":"orders","type":"TABLE"\}\]\}\n/
            #expect(json.output.wholeMatch(of: form) != nil, "\(json.output)")
        }
    }

    @Test(arguments: [
        ("slaes", 3, "did you mean sales?"), ("SALES", 3, "did you mean sales?"),
        ("nothing-like-it", 3, "bqpull ls lists the datasets"), ("a.b.c", 64, "DATASET or PROJECT.DATASET"),
    ])
    func aMissingNameGetsAHint(dataset: String, exit: Int32, hint: String) async throws {
        try await withSales { home, options in
            let outcome = try await home.run(["ls", dataset] + options)
            #expect(outcome.exitCode == exit)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("hint: ") && outcome.errors.contains(hint), "\(outcome.errors)")
        }
    }
}
