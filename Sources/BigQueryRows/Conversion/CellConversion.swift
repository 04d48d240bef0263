/// The error of a text that is not a value of its type.
struct CellConversionError: Error {
    /// The predicate of a sentence whose subject is the text.
    let reason: StaticString
    /// The offset of the error in the text. Bytes before it can be overwritten.
    let offset: Int

    init(_ reason: StaticString, at offset: Int = 0) {
        self.reason = reason
        self.offset = offset
    }
}

extension Int64 {
    /// Converts an optional `-` and digits; `nil` for any other text, or a number out of range.
    @inline(__always)
    init?(digits text: Span<UInt8>) {
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard start < text.count else { return nil }

        var magnitude: UInt64 = 0
        var index = start
        // 18 digits always fit. Only longer numbers pay for the check.
        let unchecked = Swift.min(text.count, start + 18)
        while index < unchecked {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            index += 1
        }
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard digit < 10, !overflow, !carry else { return nil }
            magnitude = sum
            index += 1
        }

        guard magnitude <= UInt64(Int64.max) else {
            guard isNegative, magnitude == Int64.min.magnitude else { return nil }
            self = .min
            return
        }
        self = isNegative ? -Int64(magnitude) : Int64(magnitude)
    }
}

extension Bool {
    /// Converts `true` and `false`, and the other spellings that Google's clients accept: any case, the first letter, 1
    /// and 0.
    init(cell text: Span<UInt8>) throws(CellConversionError) {
        guard text.count <= 5 else { throw CellConversionError("is not a BOOL") }
        var word: UInt64 = 0
        var lowercase: UInt64 = 0
        for index in text.indices {
            word = word << 8 | UInt64(text[index])
            lowercase = lowercase << 8 | UInt64(text[index] | 0x20)
        }
        switch (word, lowercase) {
        case (_, 0x74_72_75_65), (_, 0x74), (0x31, _): self = true
        case (_, 0x66_61_6C_73_65), (_, 0x66), (0x30, _): self = false
        default: throw CellConversionError("is not a BOOL")
        }
    }
}
