import BigQueryRows
import Foundation
import Testing

@Suite("Table schemas")
struct TableSchemaTests {
    typealias Field = TableSchema.Field

    private static let schema = TableSchema(fields: [
        Field(name: "id", type: .int64, mode: .required, description: "the key"),
        Field(
            name: "p", type: .structure, mode: .repeated,
            fields: [Field(name: "q", type: .string), Field(name: "r", type: .range, rangeElementType: .date)]),
        Field(name: "t", type: .timestamp, timestampPrecision: 12),
        Field(name: "n", type: .unknown("NEWTYPE")),
    ])

    @Test func roundTripsThroughJSON() throws {
        let json = try JSONEncoder().encode(Self.schema)
        #expect(try JSONDecoder().decode(TableSchema.self, from: json) == Self.schema)
    }

    @Test func readsSameSchemaInPageAndAlone() throws {
        let json = try JSONEncoder().encode(Self.schema)
        let page = try decodePage("{\"schema\":\(String(decoding: json, as: UTF8.self))}")
        #expect(page.schema == Self.schema)
    }

    @Test func decodesWireForm() throws {
        let json = #"{"fields":[{"name":"a","type":"FLOAT"},{"name":"b","type":"BOOLEAN","mode":"NULLABLE"}]}"#
        let schema = try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
        #expect(schema.fields == [Field(name: "a", type: .float64), Field(name: "b", type: .bool)])
        #expect(try JSONDecoder().decode(TableSchema.self, from: Data("{}".utf8)).fields.isEmpty)
    }

    @Test(arguments: [
        ("INTEGER", "INT64"), ("FLOAT", "FLOAT64"), ("BOOLEAN", "BOOL"), ("RECORD", "STRUCT"), ("string", "STRING"),
        ("NUMERIC", "NUMERIC"), ("NewType", "NewType"),
    ])
    func typesHaveGoogleSQLNames(sent: String, name: String) {
        #expect(FieldType(name: sent).name == name)
        #expect(FieldType(name: FieldType(name: sent).name) == FieldType(name: sent))
    }

    @Test func ignoresDescriptions() {
        var other = Self.schema
        other.fields[0].description = nil
        #expect(Self.schema.firstDifference(to: other) == nil)
    }

    @Test func describesFirstDifferenceByPath() {
        let changes: [(inout TableSchema) -> String] = [
            {
                $0.fields[0].name = "key"
                return "column id became key"
            },
            {
                $0.fields[1].fields[0].type = .bytes
                return "column p.q changed from STRING to BYTES"
            },
            {
                $0.fields[1].fields[1].rangeElementType = .datetime
                return "column p.r changed from RANGE<DATE> to RANGE<DATETIME>"
            },
            {
                $0.fields[2].mode = .required
                return "column t changed from NULLABLE to REQUIRED"
            },
            {
                $0.fields.removeLast()
                return "column n is missing"
            },
            {
                $0.fields[1].fields.append(Field(name: "s", type: .date))
                return "column p.s was added"
            },
        ]
        for change in changes {
            var other = Self.schema
            let difference = change(&other)
            #expect(Self.schema.firstDifference(to: other) == difference)
        }
    }
}
