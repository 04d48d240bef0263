import BigQueryRows
import CZlib

/// A page of invented rows in the service's form, always the same.
struct SamplePage: Sendable {
    /// What the rows are like.
    enum Shape: String, CaseIterable {
        /// Sixteen columns of numbers, times and the like.
        case numbers
        /// Long texts with escapes, in several scripts.
        case texts
        /// STRUCT and ARRAY.
        case nested
    }

    static let rowCount = 2000

    let schema: TableSchema
    let json: [UInt8]

    init(_ shape: Shape) {
        var random = Random()
        let row: () -> String
        switch shape {
        case .numbers:
            let types: [FieldType] = [
                .int64, .int64, .int64, .int64, .int64, .int64, .int64, .float64, .float64, .float64, .float64,
                .numeric, .bool, .date, .timestamp, .string,
            ]
            schema = TableSchema(fields: types.enumerated().map { .init(name: "c\($0)", type: $1) })
            row = { Self.row(types.map { random.scalar($0) }) }
        case .texts:
            schema = TableSchema(
                fields: [.init(name: "id", type: .int64)] + (1...6).map { .init(name: "t\($0)", type: .string) }
                    + [.init(name: "b", type: .bytes)])
            row = {
                Self.row(
                    [random.scalar(.int64)] + (1...6).map { _ in random.text() } + ["\"aGVsbG8sIHdvcmxkIQ==\""])
            }
        case .nested:
            let point = [TableSchema.Field(name: "x", type: .float64), .init(name: "label", type: .string)]
            schema = TableSchema(fields: [
                .init(name: "id", type: .int64),
                .init(name: "tags", type: .string, mode: .repeated),
                .init(name: "point", type: .structure, fields: point),
                .init(name: "points", type: .structure, mode: .repeated, fields: point),
            ])
            row = {
                let points = (0..<3).map { _ in Self.row([random.scalar(.float64), random.scalar(.string)]) }
                let tags = (0..<3).map { _ in random.scalar(.string) }
                return Self.row([random.scalar(.int64), Self.list(tags), points[0], Self.list(points)])
            }
        }
        let rows = (0..<Self.rowCount).map { _ in row() }.joined(separator: ",")
        json = Array("{\"jobComplete\":true,\"totalRows\":\"\(Self.rowCount)\",\"rows\":[\(rows)]}".utf8)
    }

    /// The page as it comes over the wire.
    var gzip: [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = json
        return Array(unsafeUninitializedCapacity: Int(deflateBound(&stream, uLong(json.count)))) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
                count = output.count - Int(stream.avail_out)
            }
        }
    }

    private static func row(_ values: [String]) -> String {
        "{\"f\":[" + values.map { "{\"v\":\($0)}" }.joined(separator: ",") + "]}"
    }

    private static func list(_ values: [String]) -> String {
        "[" + values.map { "{\"v\":\($0)}" }.joined(separator: ",") + "]"
    }
}

/// Numbers that look random and are always the same.
private struct Random {
    private var state: UInt64 = 1

    private mutating func number(below bound: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % bound
    }

    /// A value in quotes; one in twenty is NULL.
    mutating func scalar(_ type: FieldType) -> String {
        if number(below: 20) == 0 { return "null" }
        switch type {
        case .int64: return "\"\(number(below: 1 << (4 + number(below: 27))))\""
        case .float64: return "\"\(Double(number(below: 1 << 30)) / 1e4 / 7)\""
        case .numeric: return "\"\(number(below: 100_000)).\(number(below: 100))\""
        case .bool: return number(below: 2) == 0 ? "\"true\"" : "\"false\""
        case .date: return "\"20\(10 + number(below: 15))-0\(1 + number(below: 9))-1\(number(below: 10))\""
        case .timestamp: return "\"\(1_300_000_000_000_000 + number(below: 1 << 31) * 200_000)\""
        default: return "\"\(["Oslo", "Lagos", "Quito", "Hanoi", "Perth"][Int(number(below: 5))])\""
        }
    }

    /// Words in a script, with an escape here and there.
    mutating func text() -> String {
        let words = [
            ["a plain word", "and <more>", "of them"], ["строка", "из слов", "и знаков"],
            ["表格", "中的文字", "和数字"], ["कुछ", "और शब्द", "हैं"],
        ][Int(number(below: 4))]
        let separators = [" ", ", ", #"\n"#, #"\""#, #"\u003c"#, #"\\"#, " "]
        var text = ""
        for _ in 0..<5 + number(below: 15) {
            text += words[Int(number(below: 3))] + separators[Int(number(below: 7))]
        }
        return "\"\(text)\""
    }
}
