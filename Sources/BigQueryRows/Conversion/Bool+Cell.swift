extension Bool {
    /// Converts `true` and `false`, and the other spellings that Google's own clients accept: any case, the
    /// first letter, 1 and 0.
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
