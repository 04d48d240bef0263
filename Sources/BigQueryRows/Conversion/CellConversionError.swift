/// Why a text does not fit the type that it should have.
struct CellConversionError: Error {
    /// The rest of a sentence that begins with the text.
    let reason: StaticString
    /// Where in the text the trouble begins; what is before it may be overwritten.
    let offset: Int

    init(_ reason: StaticString, at offset: Int = 0) {
        self.reason = reason
        self.offset = offset
    }
}
