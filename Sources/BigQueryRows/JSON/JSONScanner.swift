/// Reads JSON text strictly by RFC 8259, once, from front to back, in memory that others own.
///
/// Unsafe because it reads eight bytes at a time and undoes escapes where they stand. Its bounds rest on two
/// facts that whoever makes a scanner vouches for: behind the text are ``padding`` bytes that may be read, and
/// the first of them is 0. A zero byte is legal nowhere in JSON, so every loop stops at it, and a load that
/// begins at or before it stays inside the padding. ``position`` never passes `count`.
struct JSONScanner {
    /// The bytes behind the text that must be readable.
    static let padding = 8
    /// The deepest nesting that is read; the service allows 500 levels inside a JSON value, and 15 of STRUCT.
    static let nestingLimit = 512

    let base: UnsafeMutablePointer<UInt8>
    /// The length of the text; `base[count]` is 0.
    let count: Int
    /// The offset of the next byte.
    var position: Int

    /// Begins at an offset of a text that was validated as UTF-8.
    init(base: UnsafeMutablePointer<UInt8>, count: Int, position: Int = 0) {
        self.base = base
        self.count = count
        self.position = position
    }

    /// The next byte; 0 at the end.
    var next: UInt8 {
        @inline(__always) get { base[position] }
    }

    /// The eight bytes at an offset not behind `count`, the first one lowest.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }

    /// Bytes of the text; valid as long as the memory is.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while next <= 0x20, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    // MARK: Objects and arrays

    /// Enters an object; `false` if it is empty, and then it is left already.
    mutating func beginObject() throws(PageFault) -> Bool {
        try begin(UInt8(ascii: "{"), UInt8(ascii: "}"))
    }

    /// Goes on after a member; `false` if the object has ended.
    mutating func continueObject() throws(PageFault) -> Bool {
        try proceed(UInt8(ascii: "}"))
    }

    /// Enters an array; `false` if it is empty, and then it is left already.
    mutating func beginArray() throws(PageFault) -> Bool {
        try begin(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    /// Goes on after an element; `false` if the array has ended.
    @inline(__always)
    mutating func continueArray() throws(PageFault) -> Bool {
        try proceed(UInt8(ascii: "]"))
    }

    /// Reads a key and its colon.
    mutating func readKey() throws(PageFault) -> Range<Int> {
        skipWhitespace()
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
        let key = try readString()
        try passColon()
        return key
    }

    /// Passes the colon behind a key, and goes to the value.
    mutating func passColon() throws(PageFault) {
        skipWhitespace()
        guard next == UInt8(ascii: ":") else { throw unexpected(insteadOf: UInt8(ascii: ":")) }
        position += 1
        skipWhitespace()
    }

    /// Checks that nothing follows.
    mutating func requireEnd() throws(PageFault) {
        skipWhitespace()
        guard position == count else { throw unexpected("nothing more") }
    }

    @inline(__always)
    private mutating func begin(_ opening: UInt8, _ closing: UInt8) throws(PageFault) -> Bool {
        skipWhitespace()
        guard next == opening else { throw unexpected(insteadOf: opening) }
        position += 1
        skipWhitespace()
        guard next == closing else { return true }
        position += 1
        return false
    }

    @inline(__always)
    private mutating func proceed(_ closing: UInt8) throws(PageFault) -> Bool {
        skipWhitespace()
        if next == UInt8(ascii: ",") {
            position += 1
            skipWhitespace()
            return true
        }
        guard next == closing else { throw unexpected(insteadOf: closing) }
        position += 1
        return false
    }

    // MARK: Faults

    /// A fault in the grammar at an offset.
    @inline(never)
    func malformed(_ reason: String, at offset: Int) -> PageFault {
        PageFault(.malformedJSON, "\(reason) at byte \(offset) of the JSON text")
    }

    /// A fault for a next byte that is not the one that has to be there.
    @inline(never)
    func unexpected(insteadOf byte: UInt8) -> PageFault {
        unexpected("'\(Unicode.Scalar(byte))'")
    }

    /// A fault for a next byte that cannot be there.
    @inline(never)
    func unexpected(_ expected: String) -> PageFault {
        guard position < count else {
            return PageFault(.malformedJSON, "the JSON text ends early, after \(count) bytes")
        }
        let found = Excerpt.of(bytes(position..<position + 1))
        return malformed("expected \(expected), found \(found)", at: position)
    }
}
