/// Writes JSON text.
package enum JSONWriter {
    /// Appends a quoted string with the required escapes.
    package static func append(string utf8: some Collection<UInt8>, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        var rest = utf8[...]
        while let stop = rest.firstIndex(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
            json.append(contentsOf: rest[..<stop])
            appendEscape(rest[stop], to: &json)
            rest = rest[rest.index(after: stop)...]
        }
        json.append(contentsOf: rest)
        json.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ byte: UInt8, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: json.append(UInt8(ascii: "b"))
        case 0x09: json.append(UInt8(ascii: "t"))
        case 0x0A: json.append(UInt8(ascii: "n"))
        case 0x0C: json.append(UInt8(ascii: "f"))
        case 0x0D: json.append(UInt8(ascii: "r"))
        case ..<0x20:
            json.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
            json.append(contentsOf: String(byte & 0xF, radix: 16).utf8)
        default: json.append(byte)
        }
    }

    /// Appends constant text, such as a literal.
    static func append(_ text: StaticString, to json: inout [UInt8]) {
        json.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
