import BigQueryRows
import TestSupport
import Testing

@Suite("Result pages")
struct ResultPageTests {
    static let schemaJSON =
        #"{"fields":[{"name":"n","type":"INTEGER","mode":"REQUIRED"},{"name":"s","type":"STRING"}]}"#
    static let schema = TableSchema(fields: [
        TableSchema.Field(name: "n", type: .int64, mode: .required),
        TableSchema.Field(name: "s", type: .string),
    ])
    static let rowsJSON = #"[{"f":[{"v":"1"},{"v":"a"}]},{"f":[{"v":"2"},{"v":null}]}]"#

    private func expectRows(_ page: ResultPage) {
        #expect(page.rows.rowCount == 2)
        #expect(page.rows.columnCount == 2)
        let values = (0..<2).flatMap { row in (0..<2).map { StoredForm(page.rows, row: row, column: $0) } }
        #expect(values == [.integer(1), .text("a"), .integer(2), .null])
    }

    @Test func readsPageOfTheService() throws {
        let json = """
            {"kind":"bigquery#getQueryResultsResponse","etag":"x==","schema":\(Self.schemaJSON),
            "jobReference":{"projectId":"p","jobId":"j","location":"US"},"totalRows":"12","pageToken":"BEX====",
            "rows":\(Self.rowsJSON),"totalBytesProcessed":"0","jobComplete":true,"cacheHit":false}
            """
        let page = try decodePage(json, firstRow: 7)
        #expect(page.jobComplete == true)
        #expect(page.schema == Self.schema)
        #expect(page.totalRows == 12)
        #expect(page.pageToken == "BEX====")
        #expect(page.rows.firstRow == 7)
        #expect(page.nullsInRequired.isEmpty)
        #expect(page.inflatedByteCount == json.utf8.count)
        #expect(page.wireByteCount == json.utf8.count)
        expectRows(page)
    }

    @Test(arguments: [
        "{}", #"{"jobComplete":null,"schema":null,"totalRows":null,"pageToken":null,"rows":null}"#,
    ])
    func missingAndNullMembersAreNil(json: String) throws {
        let page = try decodePage(json)
        #expect(page.jobComplete == nil)
        #expect(page.schema == nil)
        #expect(page.totalRows == nil)
        #expect(page.pageToken == nil)
        #expect(page.rows.rowCount == 0)
    }

    @Test(.faults("P10")) func readsKeysInAnyOrder() throws {
        let members = [
            "\"schema\":\(Self.schemaJSON)", "\"rows\":\(Self.rowsJSON)", #""totalRows":2"#,
            #""jobComplete":true"#,
        ]
        for first in members.indices {
            for second in members.indices where second != first {
                let others = members.indices.filter { $0 != first && $0 != second }
                let order = [first, second] + others
                let page = try decodePage("{" + order.map { members[$0] }.joined(separator: ",") + "}")
                expectRows(page)
                #expect(page.totalRows == 2)
                #expect(page.jobComplete == true)
            }
        }
    }

    @Test func readsRowsBeforeTheirSchema() throws {
        let json = """
            {"rows":[{"f":[{"v":"\\u0031"},{"v":"a\\nb"}]}],"schema":\(Self.schemaJSON)}
            """
        let page = try decodePage(json)
        #expect(StoredForm(page.rows, row: 0, column: 0) == .integer(1))
        #expect(StoredForm(page.rows, row: 0, column: 1) == .text("a\nb"))
    }

    @Test(.faults("P10")) func readsEscapedAndUnknownKeys() throws {
        let json = """
            { "x" : [ { "rows" : 1 } ] , "row\\u0073" : [ { "a" : 1 , "\\u0066" : [ { "b" : {} , "\\u0076" : "1" , "c" : 2 } , \
            { "v" : "a" } ] , "d" : [] } , { "f" : [ { "v" : "2" } , { "v" : null } ] } ] , "total\\u0052ows" : "2" }
            """
        let page = try decodePage(json, schema: Self.schema)
        expectRows(page)
        #expect(page.totalRows == 2)
    }

    @Test(
        .faults("P9"),
        arguments: [
            #"{"jobComplete":true,"jobComplete":true}"#, #"{"totalRows":"1","x":0,"totalRows":"1"}"#,
            #"{"pageToken":"a","pageToken":null}"#, #"{"rows":[],"rows":[]}"#, #"{"rows":[],"row\u0073":[]}"#,
            "{\"schema\":\(schemaJSON),\"schema\":\(schemaJSON)}",
            #"{"rows":[{"f":[{"v":"1"},{"v":"a"}],"f":[]}]}"#, #"{"rows":[{"f":[{"v":"1","v":"1"},{"v":"a"}]}]}"#,
            #"{"rows":[{"f":[{"v":"1","x":0,"\u0076":"1"},{"v":"a"}]}]}"#,
            #"{"jobComplete":null,"jobComplete":true}"#, #"{"pageToken":null,"page\u0054oken":"a"}"#,
            #"{"\u0074otalRows":"1","totalRows":"1"}"#, #"{"schema":null,"schema":null}"#,
            #"{"rows":[{"\u0066":[{"v":"1"},{"v":"a"}],"x":{"f":0},"f":[{"v":"1"},{"v":"a"}]}]}"#,
            #"{"rows":[{"f":[{"v":null,"v":null},{"v":"a"}]}]}"#,
        ])
    func rejectsDuplicateKeys(json: String) throws {
        #expect(try rowsError { _ = try decodePage(json, schema: Self.schema) }.code == .malformedJSON)
    }

    @Test(
        arguments: [("\"0\"", 0), ("0", 0), ("\"500000\"", 500_000), ("\"9223372036854775807\"", .max)]
            as [(String, Int64)])
    func readsTotalRowsAsStringOrNumber(json: String, count: Int64) throws {
        #expect(try decodePage("{\"totalRows\":\(json)}").totalRows == count)
    }

    @Test(
        .faults("P6", "P25"),
        arguments: [
            #""totalRows":"-1""#, #""totalRows":-1"#, #""totalRows":"many""#, #""totalRows":"""#,
            #""totalRows":1.0"#,
            #""totalRows":"9223372036854775808""#, #""totalRows":9223372036854775808"#, #""totalRows":"1e2""#,
            #""totalRows":1E+2"#, #""totalRows":1e400"#, "\"totalRows\":\(String(repeating: "9", count: 309))",
            #""totalRows":true"#, #""totalRows":[]"#, #""totalRows":{}"#,
            #""pageToken":1"#, #""pageToken":[]"#, #""pageToken":true"#,
            #""jobComplete":"true""#, #""jobComplete":1"#, #""jobComplete":{}"#,
        ])
    func rejectsMembersOfOtherTypes(member: String) throws {
        #expect(try rowsError { _ = try decodePage("{\(member)}") }.code == .inconsistentPage)
    }

    @Test func limitsPageTokens() throws {
        let token = String(repeating: "t", count: 65_536)
        #expect(try decodePage("{\"pageToken\":\"\(token)\"}").pageToken == token)
        let error = try rowsError { _ = try decodePage("{\"pageToken\":\"\(token)t\"}") }
        #expect(error.code == .inconsistentPage)
        #expect(error.message.utf8.count < 200)
    }

    @Test func readsEmptyPageTokenAsNil() throws {
        #expect(try decodePage(#"{"pageToken":""}"#).pageToken == nil)
        #expect(try decodePage(#"{"pageToken":"a\/b="}"#).pageToken == "a/b=")
    }

    @Test(
        .faults("P18"),
        arguments: [
            (
                #"[{"f":[{"v":"1"},{"v":"a"}]},{"f":[{"v":"2"}]}]"#,
                "row 12: 1 cells, but the schema has 2 columns"
            ),
            (#"[{"f":[]}]"#, "row 11: 0 cells, but the schema has 2 columns"),
            (
                #"[{"f":[{"v":"1"},{"v":"a"},{"v":"b"}]}]"#,
                "row 11: more cells than the 2 columns of the schema"
            ),
            (#"[{"f":[{"v":"1"},{"x":"a"}]}]"#, "row 11, column s: no 'v' before byte 34"),
            (#"[{"g":1}]"#, "row 11: no 'f' before byte 16"),
        ])
    func rejectsWrongNumberOfCells(rows: String, message: String) throws {
        let error = try rowsError {
            _ = try decodePage("{\"rows\":\(rows)}", schema: Self.schema, firstRow: 10)
        }
        #expect(error.code == .inconsistentPage)
        #expect(error.message == message)
    }

    @Test(arguments: [
        (#"{"fields":[{"name":"n","type":"INTEGER","mode":"REQUIRED"}]}"#, "column s is missing"),
        (
            #"{"fields":[{"name":"n","type":"INT64","mode":"REQUIRED"},{"name":"t","type":"STRING"}]}"#,
            "column s became t"
        ),
        (
            #"{"fields":[{"name":"n","type":"FLOAT","mode":"REQUIRED"},{"name":"s","type":"STRING"}]}"#,
            "column n changed from INT64 to FLOAT64"
        ),
    ])
    func rejectsChangedSchema(schema: String, difference: String) throws {
        for json in ["{\"schema\":\(schema),\"rows\":[]}", "{\"rows\":[],\"schema\":\(schema)}"] {
            let error = try rowsError { _ = try decodePage(json, schema: Self.schema) }
            #expect(error.code == .schemaChanged)
            #expect(error.message.contains(difference))
        }
    }

    @Test func comparesSchemaBeforeReadingRows() throws {
        let json = #"{"schema":{"fields":[{"name":"s","type":"STRING"}]},"rows":[{"f":[{"v":"x"}]}]}"#
        #expect(try rowsError { _ = try decodePage(json, schema: Self.schema) }.code == .schemaChanged)
    }

    @Test func rejectsRowsWithoutSchema() throws {
        #expect(try rowsError { _ = try decodePage("{\"rows\":\(Self.rowsJSON)}") }.code == .inconsistentPage)
        #expect(try decodePage(#"{"rows":[]}"#).rows.rowCount == 0)
        let json = #"{"schema":{"fields":[]},"rows":[{"f":[]}]}"#
        #expect(try rowsError { _ = try decodePage(json) }.code == .inconsistentPage)
    }

    @Test(arguments: [
        "{}", "1", "\"\"", "[1]", "[[]]", "[null]", #"[{"f":{}}]"#, #"[{"f":null}]"#, #"[{"f":[1]}]"#,
        #"[{"f":["1","a"]}]"#,
    ])
    func rejectsMalformedRows(rows: String) throws {
        let error = try rowsError { _ = try decodePage("{\"rows\":\(rows)}", schema: Self.schema) }
        #expect(error.code == .malformedJSON || error.code == .inconsistentPage)
    }

    @Test(.faults("P19")) func reportsNullsInRequiredColumnsOnce() throws {
        let required = TableSchema(fields: [
            TableSchema.Field(name: "a", type: .int64, mode: .required),
            TableSchema.Field(name: "b", type: .int64),
            TableSchema.Field(name: "c", type: .structure, mode: .required),
        ])
        let row = #"{"f":[{"v":null},{"v":null},{"v":null}]}"#
        let page = try decodePage("{\"rows\":[\(row),\(row)]}", schema: required)
        #expect(page.nullsInRequired == [0, 2])
        #expect(page.rows.cells == Array(repeating: .null, count: 6))
    }

    @Test(.faults("P4")) func rejectsUnpairedSurrogates() throws {
        let json = #"{"rows":[{"f":[{"v":"1"},{"v":"x\ud800y"}]}]}"#
        let error = try rowsError { _ = try decodePage(json, schema: Self.schema, firstRow: 41) }
        #expect(error.code == .malformedJSON)
        #expect(error.message == #"row 42, column s: unpaired surrogate \ud800 at byte 32 of the JSON text"#)
    }

    @Test(
        .faults("P4"),
        arguments: [#"\ud800"#, #"\udc00"#, #"x\udfffy"#, #"\ud83d\ud83d\ude00"#, #"\ud800\n"#, #"\ude00\ud83d"#])
    func rejectsUnpairedSurrogatesInNestedValues(text: String) throws {
        let item = TableSchema.Field(
            name: "i", type: .structure, mode: .repeated, fields: [.init(name: "t", type: .string)])
        let error = try rowsError {
            _ = try decodePage(
                #"{"rows":[{"f":[{"v":[{"v":{"f":[{"v":"ok"}]}},{"v":{"f":[{"v":"\#(text)"}]}}]}]}]}"#,
                schema: TableSchema(fields: [item]), firstRow: 6)
        }
        #expect(error.code == .malformedJSON)
        #expect(error.message.hasPrefix("row 7, column i[1].t: unpaired surrogate"))
        for json in [#"{"\#(text)":1}"#, #"{"x":{"\#(text)":1}}"#, #"{"pageToken":"\#(text)"}"#] {
            #expect(try rowsError { _ = try decodePage(json) }.code == .malformedJSON)
        }
    }

    @Test func excerptIsShortAndPrintable() throws {
        let value = #"\u001b[2J\n\u202e"# + String(repeating: "x", count: 1000)
        let error = try rowsError {
            _ = try decodePage(
                "{\"rows\":[{\"f\":[{\"v\":\"\(value)\"},{\"v\":\"\"}]}]}", schema: Self.schema)
        }
        #expect(error.message.hasPrefix(#"row 1, column n: "\u{1b}[2J\u{a}\u{202e}xxx"#))
        #expect(error.message.count < 120)
    }

    /// Names are untrusted, and have no limit in a page.
    @Test(.faults("P31"))
    func messageIsOneShortPrintableLine() throws {
        let name = #"\u001b[2J\n\u202e"# + String(repeating: "x", count: 10_000)
        let schema = #"{"fields":[{"name":"\#(name)","type":"INT64"}]}"#
        let changed = try rowsError { _ = try decodePage("{\"schema\":\(schema)}", schema: Self.schema) }
        let invalid = try rowsError {
            _ = try decodePage("{\"schema\":\(schema),\"rows\":[{\"f\":[{\"v\":\"x\"}]}]}")
        }
        #expect(invalid.message.hasPrefix(#"row 1, column \u{1b}[2J \u{202e}xxx"#))
        for message in [changed.message, invalid.message] {
            #expect(message.contains(#"\u{1b}[2J \u{202e}xxx"#))
            #expect(message.count == 1_001)
            #expect(!message.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202e}" })
        }
    }

    @Test func reusesMemory() throws {
        let memory = PageMemory()
        let address = recycledPage(memory, cellCapacity: 1000).cells
        _ = recycledPage(memory, cellCapacity: 1000)
        let json = Array("{\"rows\":\(Self.rowsJSON)}".utf8)
        let page = try PageDecoder(schema: Self.schema, memory: memory)
            .decode(InflatedBody(bytes: json, wireByteCount: 0), firstRow: 0)
        expectRows(page)
        #expect(page.rows.cells.withUnsafeBytes { $0.baseAddress } == address)
    }
}
