import Testing

/// A JSON text, well-formed or not, as bytes, which can be invalid UTF-8.
struct JSONText: Sendable, ExpressibleByStringLiteral, CustomTestStringConvertible {
    let bytes: [UInt8]

    init(stringLiteral text: String) {
        bytes = Array(text.utf8)
    }

    /// Bytes between two texts.
    init(_ before: String, _ bytes: [UInt8], _ after: String = "") {
        self.bytes = Array(before.utf8) + bytes + Array(after.utf8)
    }

    /// Bytes as the content of a string.
    static func quoted(_ bytes: UInt8...) -> JSONText { JSONText("\"", bytes, "\"") }

    /// A repeated opening, a text in the middle, and a repeated closing.
    static func nested(_ opening: String, _ levels: Int, around inner: String = "", _ closing: String = "") -> JSONText
    {
        let text = String(repeating: opening, count: levels) + inner + String(repeating: closing, count: levels)
        return JSONText(stringLiteral: text)
    }

    /// The text as the content of a JSON string, whose escapes lead back to it.
    var escaped: [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
            case ..<0x20: Array("\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: [byte]
            }
        }
    }

    var testDescription: String {
        let shown = String(decoding: bytes.prefix(60), as: UTF8.self).debugDescription
        return bytes.count > 60 ? "\(shown)… (\(bytes.count) bytes)" : shown
    }
}
