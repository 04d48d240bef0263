import BigQueryRows
import Foundation

/// A value of a JSON text, with its range in the text.
///
/// Numbers stay literals, so that a reader can convert them exactly.
struct JSONValue: Sendable {
    enum Content: Sendable {
        case null, number
        case bool(Bool)
        case string(hasEscapes: Bool)
        case array([JSONValue])
        case object([Member])
    }

    struct Member: Sendable {
        let name: String
        let value: JSONValue
    }

    let content: Content
    let range: Range<Int>

    /// Parses the text of a cell.
    ///
    /// - Throws: `cellMismatch` if the text is not one JSON value.
    init(_ cell: BigQueryCell) throws(PullError) {
        var parser = JSONParser(cell)
        self = try parser.parse()
        guard parser.isAtEnd else { throw parser.malformed() }
    }

    fileprivate init(_ content: Content, _ range: Range<Int>) {
        self.content = content
        self.range = range
    }

    /// The text of a string.
    func string(in bytes: [UInt8]) throws(PullError) -> String {
        guard case .string(let hasEscapes) = content, hasEscapes else {
            return String(decoding: bytes[unquoted], as: UTF8.self)
        }
        do {
            return try JSONDecoder().decode(String.self, from: Data(bytes[range]))
        } catch {
            throw PullError(code: .cellMismatch, message: "malformed string in JSON", cause: error)
        }
    }

    /// The range of a string without its quotes.
    private var unquoted: Range<Int> { range.lowerBound + 1..<range.upperBound - 1 }

    /// The cell that a column of this type would have for this value; `nil` for values without a schema.
    func cell(_ kind: BigQueryCell.Kind?, in bytes: [UInt8]) throws(PullError) -> BigQueryCell {
        let source = CellReference.text(offset: range.lowerBound, length: range.count)
        switch (content, kind) {
        case (.null, _):
            return BigQueryCell(kind: kind ?? .json, reference: .null, bytes: [])
        case (_, .json), (_, .nested):
            return BigQueryCell(kind: kind ?? .json, reference: source, bytes: bytes)
        case (.bool(let value), .bool), (.bool(let value), nil):
            return BigQueryCell(kind: .bool, reference: .integer(value ? 1 : 0), bytes: [])
        case (.number, nil):
            return BigQueryCell(kind: .number, reference: source, bytes: bytes)
        case (.number, .int64):
            let number = BigQueryCell(kind: .number, reference: source, bytes: bytes)
            return BigQueryCell(kind: .int64, reference: .integer(try Int64(cell: number)), bytes: [])
        case (.number, .float64):
            let number = BigQueryCell(kind: .number, reference: source, bytes: bytes)
            return BigQueryCell(kind: .float64, reference: .double(try Double(cell: number)), bytes: [])
        case (.string, .float64):
            return try Self.specialFloat(string(in: bytes))
        case (.string, .bytes):
            guard let data = Data(base64Encoded: try string(in: bytes)) else { break }
            return BigQueryCell(kind: .bytes, reference: .blob(offset: 0, length: data.count), bytes: Array(data))
        case (.string(hasEscapes: false), _):
            let reference = CellReference.text(offset: unquoted.lowerBound, length: unquoted.count)
            return BigQueryCell(kind: kind ?? .string, reference: reference, bytes: bytes)
        case (.string, _):
            let text = Array(try string(in: bytes).utf8)
            return BigQueryCell(kind: kind ?? .string, reference: .text(offset: 0, length: text.count), bytes: text)
        case (.array, nil), (.object, nil):
            return BigQueryCell(kind: .nested, reference: source, bytes: bytes)
        default:
            break
        }
        throw PullError(code: .cellMismatch, message: "the value in JSON is of another type")
    }

    /// NaN and the infinities, which JSON has no numbers for.
    private static func specialFloat(_ text: String) throws(PullError) -> BigQueryCell {
        switch text {
        case "NaN":
            BigQueryCell(kind: .float64, reference: .text(offset: 0, length: 3), bytes: Array("NaN".utf8))
        case "Infinity": BigQueryCell(kind: .float64, reference: .double(.infinity), bytes: [])
        case "-Infinity": BigQueryCell(kind: .float64, reference: .double(-.infinity), bytes: [])
        default: throw PullError(code: .cellMismatch, message: "the value in JSON is not a FLOAT64")
        }
    }
}

/// Parses JSON that the page decoder has written or validated. Does not validate the form of numbers.
private struct JSONParser {
    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    private var depth = 0

    /// Bounds the recursion. The page decoder limits JSON to 512 levels, and a STRUCT has at most 15.
    private static let nestingLimit = 600

    init(_ cell: BigQueryCell) {
        bytes = cell.bytes
        position = cell.reference.range.lowerBound
        end = cell.reference.range.upperBound
    }

    var isAtEnd: Bool { position == end }

    func malformed() -> PullError { PullError(code: .cellMismatch, message: "malformed JSON") }

    /// Parses a value and the whitespace around it.
    mutating func parse() throws(PullError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.nestingLimit else {
            throw PullError(code: .cellMismatch, message: "more than \(Self.nestingLimit) levels of nesting in JSON")
        }
        skipWhitespace()
        let start = position
        let content = try parseContent()
        let value = JSONValue(content, start..<position)
        skipWhitespace()
        return value
    }

    private mutating func parseContent() throws(PullError) -> JSONValue.Content {
        switch next {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(hasEscapes: try skipString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            while Self.isNumberByte(next) { position += 1 }
            return .number
        default:
            if skip("true") { return .bool(true) }
            if skip("false") { return .bool(false) }
            guard skip("null") else { throw malformed() }
            return .null
        }
    }

    private mutating func parseObject() throws(PullError) -> [JSONValue.Member] {
        position += 1
        var members: [JSONValue.Member] = []
        skipWhitespace()
        if skip("}") { return [] }
        repeat {
            let key = try parse()
            guard case .string = key.content, skip(":") else { throw malformed() }
            members.append(JSONValue.Member(name: try key.string(in: bytes), value: try parse()))
        } while skip(",")
        guard skip("}") else { throw malformed() }
        return members
    }

    private mutating func parseArray() throws(PullError) -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if skip("]") { return [] }
        repeat { elements.append(try parse()) } while skip(",")
        guard skip("]") else { throw malformed() }
        return elements
    }

    /// Skips a string, and returns whether it has escapes.
    private mutating func skipString() throws(PullError) -> Bool {
        position += 1
        var hasEscapes = false
        while position < end, bytes[position] != UInt8(ascii: "\"") {
            let isEscape = bytes[position] == UInt8(ascii: "\\")
            hasEscapes = hasEscapes || isEscape
            position += isEscape ? 2 : 1
        }
        guard position < end else { throw malformed() }
        position += 1
        return hasEscapes
    }

    /// The next byte; 0 at the end.
    private var next: UInt8 { position < end ? bytes[position] : 0 }

    private mutating func skip(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard end - position >= length,
            text.withUTF8Buffer({ bytes[position..<position + length].elementsEqual($0) })
        else { return false }
        position += length
        return true
    }

    private mutating func skipWhitespace() {
        while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
