import BigQueryRows
import Testing

@Suite("Schemas inside pages")
struct SchemaReaderTests {
    private func schema(_ json: String) throws -> TableSchema? {
        try decodePage("{\"schema\":\(json)}").schema
    }

    @Test func allPartsAreRead() throws {
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
    func aSchemaMayHaveNoColumns(json: String) throws {
        #expect(try schema(json) == TableSchema(fields: []))
    }

    @Test(arguments: [
        #"{"fields":[{"name":"a"}]}"#, #"{"fields":[{"type":"STRING"}]}"#, #"{"fields":[{}]}"#,
        #"{"fields":[{"name":1,"type":"STRING"}]}"#, #"{"fields":[{"name":"a","type":null}]}"#,
        #"{"fields":[{"name":"a","type":"STRING","mode":"OPTIONAL"}]}"#,
    ])
    func incompleteColumnsAreInconsistent(json: String) throws {
        #expect(try rowsError { _ = try schema(json) }.code == .inconsistentPage)
    }

    @Test(arguments: ["[]", "1", #"{"fields":{}}"#, #"{"fields":[1]}"#, #"{"fields":null}"#])
    func anotherShapeIsAnError(json: String) throws {
        #expect(try rowsError { _ = try schema(json) }.isTransient)
    }

    @Test func structsMayBeNestedButNotWithoutEnd() throws {
        func nested(levels: Int) -> String {
            let opening = String(repeating: #"{"name":"a","type":"RECORD","fields":["#, count: levels)
            return "{\"fields\":[\(opening)\(String(repeating: "]}", count: levels))]}"
        }
        #expect(try schema(nested(levels: 60)) != nil)
        #expect(try rowsError { _ = try schema(nested(levels: 100)) }.code == .inconsistentPage)
        #expect(try rowsError { _ = try schema(nested(levels: 100_000)) }.code == .inconsistentPage)
    }
}
