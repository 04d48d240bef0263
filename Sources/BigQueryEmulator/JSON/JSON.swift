/// A JSON document. Objects preserve the order of their members, numbers their spelling.
indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
    /// Compact JSON, encoded in advance.
    case encoded([UInt8])
    /// The rows of a page, encoded in the format of the response that contains them.
    case prepared(PreparedRows)

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var bool: Bool? {
        switch self {
        case .bool(let value): value
        case .string(let text): Bool(text.lowercased())
        default: nil
        }
    }

    /// An integer; clients send 64-bit integers as numbers or as strings.
    var integer: Int64? {
        switch self {
        case .number(let text), .string(let text): Int64(text)
        default: nil
        }
    }

    var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    var array: [JSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// A 64-bit integer in the API's form, a string.
    static func int64(_ value: some BinaryInteger) -> JSON { .string(String(value)) }
}

/// The members of a JSON object, in order.
struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    struct Member: Sendable, Equatable {
        var name: String
        var value: JSON
    }

    var members: [Member]

    init(members: [Member] = []) {
        self.members = members
    }

    init(dictionaryLiteral elements: (String, JSON)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }

    subscript(name: String) -> JSON? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .number(String(value)) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(members: elements.map { JSONObject.Member(name: $0.0, value: $0.1) }))
    }
}

extension JSON {
    /// Compact JSON.
    var text: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends compact JSON.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): bytes.appendJSONString(text)
        case .encoded(let json): bytes.append(contentsOf: json)
        case .prepared: preconditionFailure("prepared rows cannot be part of compact JSON")
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.appendJSONString(member.name)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension [UInt8] {
    /// Appends a quoted JSON string; `escapesHTML` also escapes `<`, `>` and `&`, as in Google's responses.
    mutating func appendJSONString(_ text: String, escapesHTML: Bool = false) {
        let limit: UInt8 = escapesHTML ? 0 : 1
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where Self.escapeLevel[Int(utf8[index])] > limit {
                append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                appendEscape(utf8[index])
                start = index + 1
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
        append(UInt8(ascii: "\""))
    }

    /// Per byte: 2 if JSON requires an escape, 1 if it is only unsafe in HTML.
    private static let escapeLevel: [UInt8] = (0..<256).map { byte in
        if byte < 0x20 || byte == 0x7F || "\"\\".utf8.contains(UInt8(byte)) { return 2 }
        return "<>&".utf8.contains(UInt8(byte)) ? 1 : 0
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            append(digits[Int(byte >> 4)])
            append(digits[Int(byte & 0x0F)])
        }
    }
}
