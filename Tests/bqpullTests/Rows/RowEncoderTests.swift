import BigQueryRows
import RowFormats
import Testing

@testable import BQPullCommands

/// The formats of rows on standard output.
@Suite struct RowEncoderTests {
    private typealias Field = TableSchema.Field

    /// One row of these cells, encoded.
    private func encoded(
        _ format: RowFormat, _ fields: [TableSchema.Field], _ values: [CellValue], width: Int? = nil, null: String = ""
    ) throws -> String {
        var encoder = try format.encoder(width: width, null: null)
        let schema = TableSchema(fields: fields)
        var bytes = encoder.begin(schema)
        bytes += try encoder.encode(page(values))
        bytes += encoder.finish()
        return String(decoding: bytes, as: UTF8.self)
    }

    private func page(_ values: [CellValue]) -> RowPage {
        var bytes: [UInt8] = []
        let cells = values.map { value -> CellReference in
            func place(_ value: [UInt8]) -> (offset: Int, length: Int) {
                defer { bytes += value }
                return (bytes.count, value.count)
            }
            switch value {
            case .null: return .null
            case .integer(let value): return .integer(value)
            case .double(let value): return .double(value)
            case .text(let text):
                let (offset, length) = place(Array(text.utf8))
                return .text(offset: offset, length: length)
            case .blob(let blob):
                let (offset, length) = place(blob)
                return .blob(offset: offset, length: length)
            }
        }
        return RowPage(firstRow: 0, columnCount: values.count, bytes: bytes, cells: cells)
    }

    private static let forms: [(Field, CellValue, csv: String, json: String)] = [
        (Field(name: "x", type: .int64), .integer(.min), "-9223372036854775808", "-9223372036854775808"),
        (Field(name: "x", type: .bool), .integer(1), "true", "true"),
        (Field(name: "x", type: .bool), .integer(0), "false", "false"),
        (Field(name: "x", type: .float64), .double(0.1), "0.1", "0.1"),
        (Field(name: "x", type: .float64), .double(1e300), "1e+300", "1e+300"),
        (Field(name: "x", type: .float64), .double(-.infinity), "-Inf", "\"-Inf\""),
        (Field(name: "x", type: .float64), .text("NaN"), "NaN", "\"NaN\""),
        (Field(name: "x", type: .numeric), .text("0.10"), "0.10", "\"0.10\""),
        (Field(name: "x", type: .string), .text("NULL"), "NULL", "\"NULL\""),
        (Field(name: "x", type: .string), .text(""), "\"\"", "\"\""),
        (Field(name: "x", type: .string), .text("a,b"), "\"a,b\"", "\"a,b\""),
        (Field(name: "x", type: .string), .text("say \"hi\""), "\"say \"\"hi\"\"\"", #""say \"hi\"""#),
        (Field(name: "x", type: .string), .text("two\nlines\r"), "\"two\nlines\r\"", #""two\nlines\r""#),
        (Field(name: "x", type: .string), .text("\u{1}\t\\ Été 🚕"), "\u{1}\t\\ Été 🚕", #""\u0001\t\\ Été 🚕""#),
        (Field(name: "x", type: .bytes), .blob([0, 255, 16]), "AP8Q", "\"AP8Q\""),
        (Field(name: "x", type: .bytes), .blob([]), "\"\"", "\"\""),
        (Field(name: "x", type: .json), .text("{\"a\":\n1}"), "\"{\"\"a\"\":\n1}\"", "{\"a\": 1}"),
        (Field(name: "x", type: .json), .text("\r\n[1,\n\n2]\n"), "\"\r\n[1,\n\n2]\n\"", "  [1,  2] "),
        (Field(name: "x", type: .json), .text("\"a\\nb\""), "\"\"\"a\\nb\"\"\"", "\"a\\nb\""),
        (Field(name: "x", type: .structure), .text("{\"a\":1}"), "\"{\"\"a\"\":1}\"", "{\"a\":1}"),
        (Field(name: "x", type: .bool, mode: .repeated), .text("[true]"), "[true]", "[true]"),
        (
            Field(name: "x", type: .timestamp), .text("2024-01-01T00:00:00.000000Z"), "2024-01-01T00:00:00.000000Z",
            "\"2024-01-01T00:00:00.000000Z\""
        ),
    ]

    @Test(arguments: forms.indices) func everyValueIsExact(index: Int) throws {
        let form = Self.forms[index]
        #expect(try encoded(.csv, [form.0], [form.1]) == "x\n\(form.csv)\n")
        #expect(try encoded(.jsonl, [form.0], [form.1]) == "{\"x\":\(form.json)}\n")
    }

    @Test func nullIsEmptyNextToOtherColumns() throws {
        let fields = [Field(name: "x", type: .string), Field(name: "y", type: .int64)]
        #expect(try encoded(.csv, fields, [.null, .null]) == "x,y\n,\n")
        #expect(try encoded(.csv, fields, [.text(""), .null]) == "x,y\n\"\",\n")
        #expect(try encoded(.jsonl, fields, [.null, .null]) == "{\"x\":null,\"y\":null}\n")
    }

    /// CSV readers skip empty lines, so a row would be lost.
    @Test func aSingleColumnHasNoEmptyLine() throws {
        let field = Field(name: "x", type: .string)
        let error = #expect(throws: RowFormatError.self) { try encoded(.csv, [field], [.null]) }
        #expect(error?.exitStatus == .badData)
        #expect(error?.message.hasPrefix("row 1: ") == true)
        #expect(error?.suggestion?.contains("--null TEXT") == true)
        #expect(try encoded(.csv, [field], [.text("")]) == "x\n\"\"\n")
        #expect(try encoded(.csv, [field], [.null], null: "-") == "x\n-\n")
        #expect(try encoded(.jsonl, [field], [.null]) == "{\"x\":null}\n")
    }

    @Test(
        arguments: [
            ("NULL", .string, .text("NULL")), ("0", .int64, .integer(0)), ("true", .bool, .integer(1)),
            ("NaN", .float64, .text("NaN")), ("-Inf", .float64, .double(-.infinity)), ("0.5", .float64, .double(0.5)),
            ("AP8Q", .bytes, .blob([0, 255, 16])), ("null", .json, .text("null")), (" ", .string, .text(" ")),
        ] as [(String, FieldType, CellValue)])
    func quotesAValueEqualToTheNullText(null: String, type: FieldType, value: CellValue) throws {
        let fields = [Field(name: "x", type: type), Field(name: "y", type: type)]
        #expect(try encoded(.csv, fields, [value, .null], null: null) == "x,y\n\"\(null)\",\(null)\n")
        #expect(try encoded(.csv, fields, [value, .null], null: "\\N") == "x,y\n\(null),\\N\n")
    }

    @Test func numbersDuplicateColumnsAsInSQLite() throws {
        let fields = ["a", "A", "a"].map { Field(name: $0, type: .int64) }
        let cells: [CellValue] = [.integer(1), .integer(2), .integer(3)]
        #expect(try encoded(.csv, fields, cells) == "a,A_2,a_3\n1,2,3\n")
        #expect(try encoded(.jsonl, fields, cells) == #"{"a":1,"A_2":2,"a_3":3}"# + "\n")
        #expect(try encoded(.table, fields, cells).hasPrefix("a  A_2  a_3\n"))
    }

    @Test func quotesNamesLikeValues() throws {
        let fields = [Field(name: "a,b", type: .int64), Field(name: "c\"d", type: .int64)]
        let cells: [CellValue] = [.integer(1), .integer(2)]
        #expect(try encoded(.csv, fields, cells) == "\"a,b\",\"c\"\"d\"\n1,2\n")
        #expect(try encoded(.jsonl, fields, cells) == "{\"a,b\":1,\"c\\\"d\":2}\n")
    }

    @Test func alignsNumbersRightAndWideTexts() throws {
        var encoder = try RowFormat.table.encoder(width: nil)
        let schema = TableSchema(fields: [
            Field(name: "n", type: .int64), Field(name: "city", type: .string), Field(name: "ok", type: .bool),
        ])
        var bytes = encoder.begin(schema)
        bytes += try encoder.encode(page([.integer(7), .text("北京"), .integer(1)]))
        bytes += try encoder.encode(page([.integer(-120), .text("a\nb"), .null]))
        bytes += try encoder.encode(page([.null, .text("E\u{301}vry"), .integer(0)]))
        bytes += encoder.finish()
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                   n  city  ok
                ────  ────  ─────
                   7  北京  true
                -120  a b   NULL
                NULL  E\u{301}vry  false

                """)
    }

    @Test(arguments: [10, 20, 80]) func truncatesLinesToTheTerminal(width: Int) throws {
        let fields = (0..<9).map { Field(name: "column\($0)", type: .string) }
        let cells = (0..<9).map { _ in CellValue.text(String(repeating: "北", count: 50)) }
        let lines = try encoded(.table, fields, cells, width: width).split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines { #expect(TextWidth.of(String(line)) <= width) }
    }

    @Test func escapesControlCharacters() throws {
        let text = try encoded(.table, [Field(name: "x", type: .string)], [.text("a\u{1B}[2Jb\u{202E}")])
        #expect(text.hasSuffix("a\\u{1b}[2Jb\\u{202e}\n"))
    }
}
