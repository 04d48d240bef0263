import BigQueryRows
import TestSupport
import Testing

/// A page with everything in it, cut and damaged at every byte.
@Suite("Damaged pages")
struct TruncationTests {
    private static let page = Array(
        #"""
        {"kind":"bigquery#getQueryResultsResponse","schema":{"fields":[{"name":"i","type":"INTEGER","mode":"REQUIRED"},
        {"name":"s","type":"STRING","description":"naïve \u00e9"},{"name":"b","type":"BYTES"},{"name":"t","type":"TIMESTAMP"},
        {"name":"r","type":"RECORD","mode":"REPEATED","fields":[{"name":"j","type":"JSON"},{"name":"x","type":"FLOAT"}]}]},
        "totalRows":"2","pageToken":"BEX====","rows":[{"f":[{"v":"-12"},{"v":"a\n\ud83d\ude00日本"},{"v":"Zm9vYg=="},
        {"v":"1458486245000000"},{"v":[{"v":{"f":[{"v":"{\"k\":[1,\"\\n\"]}"},{"v":"1.5e3"}]}}]}]},{"f":[{"v":"13"},{"v":null},
        {"v":null},{"v":1.5E9},{"v":[]}]}],"jobComplete":true}
        """#.utf8)

    @Test func samplePageIsValid() throws {
        let page = try decodePage(Self.page)
        #expect(page.rows.rowCount == 2)
        #expect(StoredForm(page.rows, row: 0, column: 4) == .text(#"[{"j":{"k":[1,"\n"]},"x":1.5e3}]"#))
    }

    @Test(.faults("P1")) func rejectsEveryTruncation() throws {
        for count in Self.page.indices {
            let bytes = Array(Self.page[..<count])
            let error = try rowsError("\(count) bytes") { _ = try decodePage(bytes) }
            #expect(error.code == .malformedJSON)
            #expect(error.isTransient)
            // The same with the schema known, where rows are read at once.
            #expect(
                try rowsError { _ = try decodePage(bytes, schema: decodePage(Self.page).schema) }.isTransient)
        }
    }

    @Test(.faults("P2")) func rejectsTrailingBytes() throws {
        for byte in UInt8.min...UInt8.max where ![0x20, 0x09, 0x0A, 0x0D].contains(byte) {
            #expect(try rowsError { _ = try decodePage(Self.page + [byte]) }.code == .malformedJSON)
        }
    }

    /// No damage may crash, read outside the buffer (under the address sanitizer), or make cells that point
    /// outside the page.
    @Test func damageStaysInBounds() throws {
        var random = SplitMix64(seed: 6)
        let interesting = Array(#"{}[]":,\u0d8"#.utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xE0, 0xED, 0xF0, 0xFF]
        for offset in Self.page.indices {
            for _ in 0..<8 {
                var bytes = Self.page
                guard let byte = interesting.randomElement(using: &random) else { continue }
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[offset] = byte
                case 1: bytes.insert(byte, at: offset)
                default: bytes.remove(at: offset)
                }
                // Most damage is an error.
                guard let page = try? decodePage(bytes).rows else { continue }
                for cell in page.cells where cell.kind == .text || cell.kind == .blob {
                    #expect(cell.range.upperBound <= page.bytes.count)
                    if cell.kind == .text {
                        #expect(String(validating: page.bytes[cell.range], as: UTF8.self) != nil)
                    }
                }
            }
        }
    }
}
