import BigQueryRows
import TestSupport
import Testing

@Suite("Schemas inside pages")
struct SchemaReaderTests {
    private func schema(_ json: String) throws -> TableSchema? {
        try decodePage("{\"schema\":\(json)}").schema
    }

    @Test func readsAllMembers() throws {
        let json = #"""
            {"fields":[{"name":"id","type":"INTEGER","mode":"REQUIRED","description":"the \"key\""},
            {"type":"RECORD","mode":"REPEATED","name":"p","fields":[{"name":"q","type":"STRUCT","fields":[]}],"policyTags":{}},
            {"name":"t","type":"TIMESTAMP","timestampPrecision":"12"},{"name":"r","type":"RANGE","rangeElementType":{"type":"DATE"}},
            {"name":"é\n","type":"NEWTYPE"}],"other":[1]}
            """#
        let fields = [
            TableSchema.Field(name: "id", type: .int64, mode: .required, description: "the \"key\""),
            TableSchema.Field(
                name: "p", type: .structure, mode: .repeated,
                fields: [TableSchema.Field(name: "q", type: .structure)]),
            TableSchema.Field(name: "t", type: .timestamp, timestampPrecision: 12),
            TableSchema.Field(name: "r", type: .range, rangeElementType: .date),
            TableSchema.Field(name: "é\n", type: .unknown("NEWTYPE")),
        ]
        #expect(try schema(json) == TableSchema(fields: fields))
    }

    @Test(arguments: ["{}", #"{"fields":[]}"#, #"{"other":{"fields":[1]}}"#])
    func readsSchemaWithoutColumns(json: String) throws {
        #expect(try schema(json) == TableSchema(fields: []))
    }

    @Test(arguments: [
        #"{"fields":[{"name":"a"}]}"#, #"{"fields":[{"type":"STRING"}]}"#, #"{"fields":[{}]}"#,
        #"{"fields":[{"name":1,"type":"STRING"}]}"#, #"{"fields":[{"name":"a","type":null}]}"#,
        #"{"fields":[{"name":"a","type":"STRING","mode":"OPTIONAL"}]}"#,
    ])
    func rejectsIncompleteColumns(json: String) throws {
        #expect(try rowsError { _ = try schema(json) }.code == .inconsistentPage)
    }

    @Test(arguments: ["[]", "1", #"{"fields":{}}"#, #"{"fields":[1]}"#, #"{"fields":null}"#])
    func rejectsMalformedSchema(json: String) throws {
        #expect(try rowsError { _ = try schema(json) }.isTransient)
    }

    /// Using either of two duplicates would be a guess. Unknown members are skipped.
    @Test(
        .faults("P36"),
        arguments: [
            (#"{"fields":[],"fields":[]}"#, "fields"), (#"{"fields":[],"\u0066ields":[]}"#, "fields"),
            (#"{"fields":[{"name":"a","type":"STRING","name":"a"}]}"#, "name"),
            (#"{"fields":[{"n\u0061me":"a","type":"STRING","name":"b"}]}"#, "name"),
            (#"{"fields":[{"name":"a","type":"STRING","type":"INTEGER"}]}"#, "type"),
            (#"{"fields":[{"mode":"NULLABLE","name":"a","type":"STRING","mode":"REPEATED"}]}"#, "mode"),
            (#"{"fields":[{"name":"a","type":"RECORD","fields":[],"fields":[]}]}"#, "fields"),
            (#"{"fields":[{"name":"a","type":"STRING","description":"","description":""}]}"#, "description"),
            (
                #"{"fields":[{"name":"a","type":"TIMESTAMP","timestampPrecision":"6","timestampPrecision":"12"}]}"#,
                "timestampPrecision"
            ),
            (
                #"{"fields":[{"name":"a","type":"RANGE","rangeElementType":{"type":"DATE"},"rangeElementType":{"type":"DATE"}}]}"#,
                "rangeElementType"
            ),
            (
                #"{"fields":[{"name":"a","type":"RANGE","rangeElementType":{"type":"DATE","type":"DATETIME"}}]}"#,
                "type"
            ),
            (
                #"{"fields":[{"name":"a","type":"RECORD","fields":[{"name":"b","type":"STRING","name":"c"}]}]}"#,
                "name"
            ),
        ])
    func rejectsDuplicateMembers(json: String, member: String) throws {
        let error = try rowsError { _ = try schema(json) }
        #expect(error.code == .malformedJSON)
        #expect(error.message.hasPrefix("duplicate '\(member)' in one object of the schema"), "\(error.message)")
    }

    @Test func skipsUnknownDuplicateMembers() throws {
        let json = #"{"x":1,"x":2,"fields":[{"name":"a","y":1,"y":2,"type":"STRING"},{"name":"b","type":"STRING"}]}"#
        #expect(
            try schema(json) == TableSchema(fields: [.init(name: "a", type: .string), .init(name: "b", type: .string)]))
    }

    @Test func limitsNestingOfStructs() throws {
        func nested(levels: Int) -> String {
            let opening = String(repeating: #"{"name":"a","type":"RECORD","fields":["#, count: levels)
            return "{\"fields\":[\(opening)\(String(repeating: "]}", count: levels))]}"
        }
        #expect(try schema(nested(levels: 60)) != nil)
        #expect(try rowsError { _ = try schema(nested(levels: 100)) }.code == .inconsistentPage)
        #expect(try rowsError { _ = try schema(nested(levels: 100_000)) }.code == .inconsistentPage)
    }
}
