import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// Pages that are not JSON, or are inconsistent.
@Suite struct PageFaultTests {
    private static let page = "bigquery.jobs.getQueryResults"

    private static func patch(_ members: String) -> String { #"{"merge-patch": {\#(members)}}"# }

    /// The bytes of a page.
    private static func body(_ text: String, contentType: String = "application/json") -> String {
        #"{"status": 200, "headers": {"Content-Type": "\#(contentType)"}, "body": \#(quoted(text))}"#
    }

    /// The text as a JSON string.
    private static func quoted(_ text: String) -> String {
        // Any text can be encoded.
        String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
    }

    /// A corrupt page is requested again; a page that is corrupt every time ends the pull, and none of its rows are kept.
    @Test(
        .faults("P1", "P2", "P9", "P15", "P16", "P18", "P22", "P25", "P36"),
        arguments: [
            body(#"{"jobComplete":true,"totalRows":"400","rows":[{"f":[{"v":"1"}"#),
            body(#"{"jobComplete":true,"totalRows":"400"}} "#), body(#"{"jobComplete":true}{}"#),
            body(#"{"jobComplete":true,"totalRows":"400","totalRows":"400"}"#),
            body(#"{"jobComplete":true,"totalRows":"400","schema":{"fields":[],"f\u0069elds":[]}}"#), body("[]"),
            body("null"), body(" "),
            patch(#""jobComplete": null"#), patch(#""rows": null"#), patch(#""rows": []"#),
            patch(#""jobComplete": false"#), patch(#""totalRows": "401""#), patch(#""totalRows": "many""#),
            patch(#""totalRows": "-1""#), patch(#""totalRows": "9223372036854775808""#),
            patch(#""rows": [{"f": [{"v": "1"}]}]"#),
            patch(#""rows": [{"f": [{"v": "1"}, {"v": ""}, {"v": "1"}, {"v": null}, {"v": null}]}]"#),
            patch(#""rows": [{"f": []}]"#), patch(#""rows": {"f": []}"#), patch(#""rows": [{"v": "1"}]"#),
        ])
    func retriesAnInconsistentPage(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: ["pass", instruction, instruction]])
        }
        try await FaultyPull.with { pull in
            try await pull.expectStop([Self.page: ["pass", "\(instruction) always"]], exitCode: 65)
        }
    }

    /// The response of an insertion must name the job.
    @Test(
        .faults("P15"), arguments: [patch(#""jobReference": null"#), patch(#""jobReference": {"jobId": "another"}"#)])
    func anIncompleteInsertionEndsThePull(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectStop(["bigquery.jobs.insert": ["\(instruction) always"]], exitCode: 65)
        }
    }

    /// A page token has a maximum length, and a table that ends early is incomplete.
    @Test(
        .faults("P20", "P23"),
        arguments: [
            (patch(#""pageToken": "\#(String(repeating: "x", count: 10_000_000))""#), true),
            (patch(#""rows": []"#), false),
        ])
    func doesNotPublishAnIncompleteTable(instruction: String, continues: Bool) async throws {
        try await FaultyPull.with { pull in
            let passed = Array(repeating: "pass", count: 5)
            try await pull.readingTable().expectStop(
                ["bigquery.tabledata.list": passed + ["\(instruction) always"]], exitCode: 65, continues: continues)
        }
    }

    /// The first page must be complete as well.
    @Test(
        .faults("P15", "P25"),
        arguments: [
            patch(#""jobComplete": null"#), patch(#""totalRows": null"#), patch(#""rows": null"#),
            patch(#""totalRows": "many""#), patch(#""totalRows": "-1""#), patch(#""totalRows": 1e3"#),
        ])
    func anIncompleteFirstPageEndsThePull(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectStop([Self.page: ["\(instruction) always"]], exitCode: 65)
        }
    }

    /// The error names the place of a value that cannot be converted exactly.
    @Test(
        .faults("P3", "P4", "P7", "P33"),
        arguments: [
            (#"{"v": "9223372036854775808"}, {"v": "a"}, {"v": "1"}, {"v": null}"#, "id"),
            (#"{"v": "1.5"}, {"v": "a"}, {"v": "1"}, {"v": null}"#, "id"),
            (#"{"v": "1"}, {"v": "\ud800"}, {"v": "1"}, {"v": null}"#, "name"),
            (#"{"v": "1"}, {"v": ["a"]}, {"v": "1"}, {"v": null}"#, "name"),
        ])
    func namesAnInvalidValue(cells: String, column: String) async throws {
        try await FaultyPull.with { pull in
            // The emulator's parser rejects half a surrogate pair, so the whole page is scripted.
            let rows = Array(repeating: #"{"f":[\#(cells)]}"#, count: FaultyPull.pageRows).joined(separator: ",")
            let answer = Self.body(#"{"jobComplete":true,"totalRows":"400","rows":[\#(rows)]}"#)
            let outcome = try await pull.expectStop([Self.page: ["pass", "\(answer) always"]], exitCode: 65)
            #expect(outcome.message.contains(column) && outcome.message.contains("row"), "\(outcome.message)")
        }
    }

    @Test(.faults("P10", "P34")) func acceptsEquivalentJSON() async throws {
        try await FaultyPull.with { pull in
            let rows = (0..<FaultyPull.pageRows).map { row in
                let cells = Truth.cells(of: row)
                let texts = [String(cells.id), cells.name, cells.amount].map(Self.quoted)
                let note = cells.note.map { "\"\($0)\"" } ?? "null"
                return
                    #"{ "x" : [ ] , "\u0066":[{"v":\#(texts[0])},{"y":{},"\u0076":\#(texts[1])},{"v":\#(texts[2])},{"v":\#(note)}]}"#
            }.joined(separator: " ,\n")
            let schema =
                #"{"fields":[{"type":"INTEGER","name":"id"},{"name":"name","type":"STRING"},{"name":"amount","type":"NUMERIC"},{"name":"note","type":"STRING"}]}"#
            let text =
                #"{"row\u0073":[\#(rows)],"unknown":{"a":[1,2e9,null]},"pageToken":"x","totalRows":"400","schema":\#(schema),"jobComplete":true}"#
            try await pull.expectSurvival([Self.page: [Self.body(text, contentType: "text/plain")]], retries: false)
        }
    }

    @Test(
        .faults("P17"),
        arguments: [
            (#"[{"name": "id", "type": "INTEGER"}]"#, "name"),
            (
                #"[{"name": "id", "type": "STRING"}, {"name": "name", "type": "STRING"}, {"name": "amount", "type": "NUMERIC"}, {"name": "note", "type": "STRING"}]"#,
                "id"
            ),
            (
                #"[{"name": "id", "type": "INTEGER"}, {"name": "other", "type": "STRING"}, {"name": "amount", "type": "NUMERIC"}, {"name": "note", "type": "STRING"}]"#,
                "other"
            ),
            (
                #"[{"name": "id", "type": "INTEGER"}, {"name": "name", "type": "STRING"}, {"name": "amount", "type": "NUMERIC"}, {"name": "note", "type": "STRING"}, {"name": "more", "type": "STRING"}]"#,
                "more"
            ),
        ])
    func changedColumnsEndThePull(fields: String, difference: String) async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                [Self.page: ["pass", "pass", Self.patch(#""schema": {"fields": \#(fields)}"#) + " always"]],
                exitCode: 65, jobs: 2)
            #expect(outcome.message.contains("column") && outcome.message.contains(difference), "\(outcome.message)")
        }
    }

    @Test(.faults("P23"), arguments: ["399", "401", "1000"]) func rejectsMoreOrFewerRowsThanTheTotal(total: String)
        async throws
    {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop(
                [Self.page: [Self.patch(#""totalRows": "\#(total)""#) + " always"]], exitCode: 65, jobs: 2)
            #expect(outcome.message.contains(total), "\(outcome.message)")
        }
    }

    @Test(.faults("P11", "P12")) func halvesATooLargePageOnce() async throws {
        // A page of 50 rows is about 5 kB.
        let page = 5_500
        try await FaultyPull.with(pageLimits: BodyLimits(compressedBytes: page, inflatedBytes: page * 6 / 10)) {
            try await $0.expectSurvival([:], retries: false)
        }
        try await FaultyPull.with(pageLimits: BodyLimits(compressedBytes: page, inflatedBytes: page / 5)) { pull in
            let outcome = await pull.run()
            #expect(outcome.exitCode == 65)
            #expect("\(outcome.message) \(outcome.hint ?? "")".contains("--page-rows"))
            try await pull.expectSound(.earlier)
        }
    }

    /// Ten gigabytes compressed to ten megabytes are rejected after the first megabytes.
    @Test(
        .faults("P11"),
        arguments: [
            ("bigquery.jobs.getQueryResults", "gzip-bomb-10G", 65),
            ("bigquery.jobs.getQueryResults", #"{"status": 400, "gzip-bomb": "10G"}"#, 65),
            (
                "bigquery.jobs.getQueryResults", #"{"status": 302, "headers": {"Location": "/"}, "gzip-bomb": "10G"}"#,
                76
            ),
            ("bigquery.jobs.insert", "gzip-bomb-10G", 65), ("oauth2.token", "gzip-bomb-10G", 65),
        ] as [(String, String, Int32)])
    func aBombIsNotInflated(method: String, instruction: String, exitCode: Int32) async throws {
        try await FaultyPull.with { pull in
            if method == "oauth2.token" { try await pull.forgetToken() }
            let passed = method == Self.page ? ["pass"] : []
            try await pull.expectStop([method: passed + ["\(instruction) always"]], exitCode: exitCode)
        }
    }

    @Test(.faults("P26")) func aResultWithoutRowsIsATableWithoutRows() async throws {
        try await FaultyPull.with { pull in
            let outcome = await pull.run(pull.pull("SELECT * FROM d.truth WHERE id < 0"))
            #expect(outcome.exitCode == 0)
            let (count, columns) = try await DatabaseQueue(path: pull.target.path).read { db in
                (try Int.fetchOne(db, sql: "SELECT count(*) FROM results"), try db.columns(in: "results").map(\.name))
            }
            #expect(count == 0)
            #expect(columns == ["id", "name", "amount", "note"])
        }
    }

    @Test(.faults("P27")) func aStatementWithoutAResultHasNoTable() async throws {
        try await FaultyPull.with { pull in
            let nothing = Self.patch(#""schema": null, "totalRows": null, "rows": null, "pageToken": null"#)
            let outcome = try await pull.expectStop([Self.page: [nothing]], exitCode: 64, jobs: 2)
            #expect(outcome.message.contains("no result set"))
        }
    }

    @Test(.faults("P28"), arguments: [2001, 10_000]) func rejectsTooManyColumnsBeforeTheFirstPage(count: Int)
        async throws
    {
        try await FaultyPull.with { pull in
            let fields = (0..<count).map { #"{"name": "c\#($0)", "type": "INTEGER"}"# }.joined(separator: ",")
            let patch = Self.patch(#""statistics": {"query": {"schema": {"fields": [\#(fields)]}}}"#)
            let outcome = try await pull.expectStop(["bigquery.jobs.dryRun": [patch]], exitCode: 65)
            #expect(outcome.message.contains("\(count)"))
        }
    }

    @Test(
        .faults("P31", "P32"),
        arguments: [
            (
                #"{"error": {"code": 400, "message": "red \u001b[31m and \u202e back\r\nsecond", "errors": [{"reason": "invalidQuery"}]}}"#,
                400, 3
            ),
            (#"{"error": {"code": 403, "message": "no list", "errors": []}}"#, 403, 77),
            (#"{"error": {"code": 403, "message": "no reason", "errors": [{"domain": "global"}]}}"#, 403, 77),
            (#"{"error": {"code": 403, "message": "new reason", "errors": [{"reason": "neverHeardOf"}]}}"#, 403, 77),
            (#"{"error": "a text"}"#, 403, 77), (#"{"error": []}"#, 400, 76), ("", 403, 77),
            ("\u{1B}]0;title\u{7}", 403, 77),
        ] as [(String, Int, Int32)])
    func showsServiceMessagesOnOneLine(body: String, status: Int, exitCode: Int32) async throws {
        let json = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        for method in [Self.page, "bigquery.jobs.insert"] {
            try await FaultyPull.with { pull in
                let answer = #"{"status": \#(status), "body": \#(json)}"#
                let jobs = method == Self.page && exitCode == 3 ? 2 : 1
                try await pull.expectStop(
                    [method: [answer]], exitCode: exitCode, jobs: jobs, continues: exitCode != 3)
            }
        }
    }

    @Test(.faults("P32")) func truncatesALongMessage() async throws {
        try await FaultyPull.with { pull in
            let text = String(repeating: "x", count: 5_000_000)
            let answer =
                #"{"status": 403, "body": {"error": {"message": "\#(text)", "errors": [{"reason": "accessDenied"}]}}}"#
            let outcome = try await pull.expectStop(["bigquery.jobs.insert": [answer]], exitCode: 77)
            #expect(outcome.message.count < 2_100)
        }
    }
}
