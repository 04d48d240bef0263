import BigQueryRows
import Foundation
import TestSupport
import Testing

/// ``JSONTexts`` everywhere in a page: as an unknown member, as a cell, as a JSON value in another one, and as the page
/// itself. Different code reads each of them.
@Suite("JSON texts of every kind", .faults("P2", "P3", "P8", "P35"))
struct JSONTextsTests {
    private static func passed(_ text: JSONText) throws(RowsError) -> ResultPage {
        try decodePage(Array(#"{"unknown":"#.utf8) + text.bytes + Array(#","pageToken":"t"}"#.utf8))
    }

    /// A cell of unknown type.
    private static func cell(_ text: JSONText) throws(RowsError) -> StoredForm {
        try cell(text.bytes, TableSchema.Field(name: "c", type: .unknown("ODD")))
    }

    /// The text as the one element of an array of JSON values, which become a part of other JSON.
    private static func embedded(_ text: JSONText) throws(RowsError) -> StoredForm {
        let element = Array(#"[{"v":""#.utf8) + text.escaped + Array(#""}]"#.utf8)
        return try cell(element, TableSchema.Field(name: "c", type: .json, mode: .repeated))
    }

    /// The text as a JSON value, which is stored as sent.
    private static func value(_ text: JSONText) throws(RowsError) -> StoredForm {
        try cell(Array("\"".utf8) + text.escaped + Array("\"".utf8), TableSchema.Field(name: "c", type: .json))
    }

    private static func cell(_ bytes: [UInt8], _ field: TableSchema.Field) throws(RowsError) -> StoredForm {
        let json = Array(#"{"rows":[{"f":[{"v":"#.utf8) + bytes + Array("}]}]}".utf8)
        let page = try decodePage(json, schema: TableSchema(fields: [field]))
        return StoredForm(page.rows, row: 0, column: 0)
    }

    @Test func coversEveryKind() {
        #expect(JSONTexts.wellFormed.count == 95)
        #expect(JSONTexts.malformed.count == 188)
        #expect(JSONTexts.open.count == 35)
        let all = JSONTexts.wellFormed + JSONTexts.malformed + JSONTexts.open.map(\.text)
        #expect(Set(all.map(\.bytes)).count == all.count)
    }

    @Test(arguments: JSONTexts.wellFormed)
    func readsWellFormedText(text: JSONText) throws {
        #expect(try Self.passed(text).pageToken == "t")
        let source = String(decoding: text.bytes, as: UTF8.self)
        #expect(try Self.embedded(text) == .text("[\(source)]"))
        #expect(try Self.value(text) == .text(source))

        let value = source.trimmingCharacters(in: .whitespacesAndNewlines)
        switch value.first {
        case "{", "[":
            #expect(try rowsError { _ = try Self.cell(text) }.code == .invalidCell)
        case "\"":
            let content = try JSONDecoder().decode([String].self, from: Data("[\(value)]".utf8))
            #expect(try Self.cell(text) == .text(content[0]))
        default:
            #expect(try Self.cell(text) == (value == "null" ? .null : .text(value)))
        }
        if value.hasPrefix("{") {
            #expect(try decodePage(text.bytes).inflatedByteCount == text.bytes.count)
        } else {
            #expect(try rowsError { _ = try decodePage(text.bytes) }.code == .malformedJSON)
        }
    }

    @Test(arguments: JSONTexts.malformed)
    func rejectsMalformedTextEverywhere(text: JSONText) throws {
        #expect(try rowsError { _ = try Self.passed(text) }.code == .malformedJSON)
        #expect(try rowsError { _ = try decodePage(text.bytes) }.code == .malformedJSON)
        // A well-formed prefix can be an object or an array, which is not a single value either.
        let codes: [RowsError.Code] = [.malformedJSON, .invalidCell]
        #expect(codes.contains(try rowsError { _ = try Self.cell(text) }.code))
        // The page around the text is well-formed as long as the text is UTF-8.
        let isUTF8 = String(validating: text.bytes, as: UTF8.self) != nil
        #expect(try rowsError { _ = try Self.embedded(text) }.code == (isUTF8 ? .invalidCell : .malformedJSON))
        #expect(try rowsError { _ = try Self.value(text) }.code == (isUTF8 ? .invalidCell : .malformedJSON))
    }

    @Test(arguments: JSONTexts.open)
    func decidesUnspecifiedCasesConsistently(text: JSONText, isAccepted: Bool) throws {
        for _ in 1...2 {
            guard isAccepted else {
                #expect(try rowsError { _ = try Self.passed(text) }.code == .malformedJSON)
                #expect(throws: RowsError.self) { try Self.embedded(text) }
                #expect(throws: RowsError.self) { try Self.value(text) }
                continue
            }
            #expect(try Self.passed(text).pageToken == "t")
            #expect(try Self.embedded(text) == .text("[\(String(decoding: text.bytes, as: UTF8.self))]"))
            #expect(try Self.value(text) == .text(text.bytes))
        }
    }
}
