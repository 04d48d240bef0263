import Foundation
import GRDB
import TestSupport
import Testing

@testable import BigQueryEmulator

@Suite struct LoadingTests {
    /// Writes files to a new folder, loads `data.*` as `d.t` and calls `body`.
    private func load(
        _ files: [String: String], _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: folder.file(name))) }
            let data = files.keys.first { !$0.hasSuffix(".schema.json") } ?? ""
            let source = EmulatorConfiguration.TableSource(dataset: "d", table: "t", file: folder.file(data))
            try await withClient(EmulatorConfiguration(requiresAuthorization: false, tables: [source]), body)
        }
    }

    private static let path = "datasets/d/tables/t"

    @Test func infersTypesOfCSVColumns() async throws {
        let csv = """
            i,f,b,d,t,s,zip,empty,mixed
            1,1,true,2013-01-02,2013-01-02 03:04:05,x,01234,,1
            -9223372036854775808,2.5e3,FALSE,0001-01-01,2013-01-02T03:04:05Z,,1,,1.5
            ,,,,,"",,,x
            """
        try await load(["data.csv": csv]) { client in
            let table = try await client.get(Self.path)
            #expect(
                table.columns == [
                    "i INTEGER NULLABLE", "f FLOAT NULLABLE", "b BOOLEAN NULLABLE", "d DATE NULLABLE",
                    "t TIMESTAMP NULLABLE",
                    "s STRING NULLABLE", "zip STRING NULLABLE", "empty STRING NULLABLE", "mixed STRING NULLABLE",
                ])
            #expect(table["numRows"] == "3")
            let page = try await client.get("\(Self.path)/data?formatOptions.useInt64Timestamp=true")
            #expect(
                page.cells == [
                    ["1", "1.0", "true", "2013-01-02", "1357095845000000", "x", "01234", .null, "1"],
                    [
                        "-9223372036854775808", "2500.0", "false", "0001-01-01", "1357095845000000", .null, "1", .null,
                        "1.5",
                    ],
                    [.null, .null, .null, .null, .null, "", .null, .null, "x"],
                ])
        }
    }

    @Test(arguments: [
        ("a,b\r\n1,2\r\n", [["1", "2"]]), ("\u{FEFF}a,b\n1,2", [["1", "2"]]), ("a,b\n\n1,2\n\n", [["1", "2"]]),
        ("a,b\n\"x,\"\"y\"\"\n\",2\n", [["x,\"y\"\n", "2"]]), ("\"a\",\"b\"\n\"1\",2\n", [["1", "2"]]), ("a,b\n", []),
        ("a,b\n é ,😀\n", [[" é ", "😀"]]),
    ])
    func parsesCSV(csv: String, expected: [[String]]) async throws {
        try await load(["data.csv": csv]) { client in
            let cells = try await client.get("\(Self.path)/data").cells
            #expect(cells == expected.map { $0.map(JSON.string) })
        }
    }

    @Test func readsTypesFromTheSchemaFile() async throws {
        let schema = """
            {"fields": [{"name": "n", "type": "numeric", "mode": "REQUIRED", "description": "an amount"},
             {"name": "y", "type": "BYTES"}, {"name": "j", "type": "JSON"}, {"name": "i", "type": "INTEGER"}]}
            """
        let csv = "i,j,y,n\n07,\"{\"\"a\"\": 1}\",/w==,1.10\n"
        try await load(["data.csv": csv, "data.schema.json": schema]) { client in
            let table = try await client.get(Self.path)
            #expect(
                table.columns == ["n NUMERIC REQUIRED", "y BYTES NULLABLE", "j JSON NULLABLE", "i INTEGER NULLABLE"])
            #expect(table.string("schema.fields.0.description") == "an amount")
            #expect(try await client.get("\(Self.path)/data").cells == [["1.10", "/w==", "{\"a\":1}", "7"]])
        }
    }

    @Test func readsNestedAndRepeatedJSONLines() async throws {
        let lines = """
            {"id": 1, "tags": ["a", "b"], "who": {"name": "x", "age": 3}, "at": "2013-01-02T03:04:05Z"}

            {"id": 2, "tags": [], "who": null, "more": [{"k": 1.5}], "ok": true}
            """
        try await load(["data.jsonl": lines]) { client in
            let table = try await client.get(Self.path)
            #expect(
                table.columns == [
                    "id INTEGER NULLABLE", "tags STRING REPEATED", "who RECORD NULLABLE", "at TIMESTAMP NULLABLE",
                    "more RECORD REPEATED", "ok BOOLEAN NULLABLE",
                ])
            let cells = try await client.results("SELECT * FROM d.t").cells
            #expect(
                cells == [
                    ["1", [["v": "a"], ["v": "b"]], ["f": [["v": "x"], ["v": "3"]]], "1357095845000000", [], .null],
                    ["2", [], .null, .null, [["v": ["f": [["v": "1.5"]]]]], "true"],
                ])
            #expect(try await client.results("SELECT json_extract(who, '$.name') FROM d.t").cells == [["x"], [.null]])
        }
    }

    @Test func readsATableOfASQLiteFile() async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("source.db")
            try await DatabaseQueue(path: file).write { database in
                try database.execute(
                    sql:
                        "CREATE TABLE t (i INTEGER, f DOUBLE, s VARCHAR(9), b BLOB, d DATE, t TIMESTAMP, u, c DATETIME)"
                )
                try database.execute(
                    sql: """
                        INSERT INTO t VALUES
                        (1, 2.5, 'é', x'ff', '2013-1-2', '2013-01-02 03:04:05', NULL, '2013-1-2 3:04:05.50')
                        """)
            }
            let source = EmulatorConfiguration.TableSource(dataset: "d", table: "t", file: file)
            try await withClient(EmulatorConfiguration(requiresAuthorization: false, tables: [source])) { client in
                let types = try await client.get(Self.path).columns.map { $0.split(separator: " ")[1] }
                #expect(types == ["INTEGER", "FLOAT", "STRING", "BYTES", "DATE", "TIMESTAMP", "STRING", "DATETIME"])
                let page = try await client.get("\(Self.path)/data?formatOptions.useInt64Timestamp=true")
                #expect(
                    page.cells == [
                        [
                            "1", "2.5", "é", "/w==", "2013-01-02", "1357095845000000", .null,
                            "2013-01-02T03:04:05.500000",
                        ]
                    ])
            }
        }
    }

    @Test(
        arguments: [
            (["data.csv": "a,b\n1\n"], ":2: 1 cells, expected 2"),
            (["data.csv": "a\n\"x\n"], ":2: unterminated quote"),
            (["data.csv": "a\n\"x\"y\n"], ":2: text after a closing quote"),
            (["data.csv": "a,b\nx\"y,1\n"], ":2: a quote inside an unquoted cell"),
            (["data.csv": "a,A\n"], ":1: column names must not be empty or repeated"),
            (["data.csv": ""], ": the file is empty"),
            (
                ["data.csv": "a\n1\nx\n", "data.schema.json": "[{\"name\":\"a\",\"type\":\"INT64\"}]"],
                ":3: field a: not a INT64: x"
            ),
            (
                ["data.csv": "a,b\n1,\n", "data.schema.json": "[{\"name\":\"a\",\"type\":\"INT64\"}]"],
                ":1: column b is not in the schema"
            ),
            (["data.csv": "a\n1\n", "data.schema.json": "[{\"name\":\"z\",\"type\":\"INT64\"}]"], ":1: no column z"),
            (
                [
                    "data.csv": "a,b\n1,\n",
                    "data.schema.json":
                        "[{\"name\":\"a\",\"type\":\"INT64\"},{\"name\":\"b\",\"type\":\"DATE\",\"mode\":\"REQUIRED\"}]",
                ], ":2: field b: NULL in a REQUIRED field"
            ),
            (
                ["data.csv": "a\n1\n", "data.schema.json": "[{\"name\":\"a\",\"type\":\"ROMAN\"}]"],
                ": field a has no known type"
            ),
            (["data.csv": "a\n1\n", "data.schema.json": "[{\"name\""], ": expected ':' at byte 8"),
            (["data.jsonl": "{\"a\":1}\n{\"a\":\n"], ":2: unexpected character at byte 5"),
            (["data.jsonl": "[1]\n"], ":1: expected an object at byte 0"),
            (["data.jsonl": "{\"a\":1}\n{\"a\":{\"b\":1}}\n"], ":2: a member has values of different types"),
            (["data.jsonl": "{\"a\":[[1]]}\n"], ":1: an array contains null or an array"),
            (["data.jsonl": "\n"], ": the file has no columns"),
            (["data.db": "not a SQLite file"], "table t: file is not a database"),
            (["data.xlsx": ""], ": not a .csv, .jsonl, .db or .sql file"),
        ] as [([String: String], String)])
    func reportsErrorsWithTheirLine(files: [String: String], message: String) async throws {
        await #expect {
            try await load(files) { _ in }
        } throws: { error in
            (error as? EmulatorError)?.message.hasSuffix(message) == true
        }
    }

    @Test func reportsAMissingFile() {
        let source = EmulatorConfiguration.TableSource(dataset: "d", table: "t", file: "/nowhere/x.csv")
        #expect(throws: EmulatorError.self) { try Emulator(configuration: EmulatorConfiguration(tables: [source])) }
    }
}
