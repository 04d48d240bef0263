/// The encoding of BYTES: the standard alphabet of RFC 4648, with padding, without line breaks.
enum Base64 {
    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// Decodes in place, into the first bytes of the span, and returns their number.
    static func decode(inPlace text: inout MutableSpan<UInt8>) throws(CellConversionError) -> Int {
        guard text.count > 0 else { return 0 }
        guard text.count % 4 == 0 else {
            throw CellConversionError("is not base64: its length is not a multiple of four")
        }

        let values = values
        var written = 0
        var read = 0
        while read < text.count - 4 {
            let a = values[Int(text[read])]
            let b = values[Int(text[read + 1])]
            let c = values[Int(text[read + 2])]
            let d = values[Int(text[read + 3])]
            guard a | b | c | d < 64 else { throw CellConversionError("is not base64", at: read) }
            text[written] = a << 2 | b >> 4
            text[written + 1] = b << 4 | c >> 2
            text[written + 2] = c << 6 | d
            written += 3
            read += 4
        }

        let equals = UInt8(ascii: "=")
        let padding = text[read + 3] != equals ? 0 : text[read + 2] != equals ? 1 : 2
        let a = values[Int(text[read])]
        let b = values[Int(text[read + 1])]
        let c = padding < 2 ? values[Int(text[read + 2])] : 0
        let d = padding < 1 ? values[Int(text[read + 3])] : 0
        guard a | b | c | d < 64 else { throw CellConversionError("is not base64", at: read) }
        // Unused bits must be 0, so that every value has only one encoding.
        guard padding != 1 || c & 0b11 == 0, padding != 2 || b & 0b1111 == 0 else {
            throw CellConversionError("is not base64: bits are left over", at: read)
        }
        text[written] = a << 2 | b >> 4
        if padding < 2 { text[written + 1] = b << 4 | c >> 2 }
        if padding < 1 { text[written + 2] = c << 6 | d }
        return written + 3 - padding
    }
}
