/// Scans JSON text strictly by RFC 8259, in one pass, in memory that the caller owns.
///
/// Unsafe because it reads eight bytes at a time and unescapes in place. Its bounds rest on two guarantees of the
/// caller: ``padding`` bytes after the text are readable, and the first of them is 0. A zero byte is invalid everywhere
/// in JSON, so every loop stops at it, and a load that begins at or before it stays within the padding. ``position``
/// never exceeds `count`.
struct JSONScanner {
    /// The number of readable bytes after the text.
    static let padding = 8
    /// The maximum nesting. The service allows 500 levels in a JSON value, and 15 of STRUCT.
    static let nestingLimit = 512

    let base: UnsafeMutablePointer<UInt8>
    /// The length of the text; `base[count]` is 0.
    let count: Int
    /// The offset of the next byte.
    var position: Int

    /// Creates a scanner at an offset of a text of valid UTF-8.
    init(base: UnsafeMutablePointer<UInt8>, count: Int, position: Int = 0) {
        self.base = base
        self.count = count
        self.position = position
    }

    /// The next byte; 0 at the end.
    var next: UInt8 {
        @inline(__always) get { base[position] }
    }

    /// The eight bytes at an offset of at most `count`, in little-endian order.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }

    /// A part of the text, valid as long as the memory is.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while next <= 0x20, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    // MARK: Objects and arrays

    /// Enters an object; `false` if it is empty, which also leaves it.
    mutating func beginObject() throws(PageFault) -> Bool {
        try begin(UInt8(ascii: "{"), UInt8(ascii: "}"))
    }

    /// Advances to the next member; `false` at the end of the object.
    mutating func continueObject() throws(PageFault) -> Bool {
        try proceed(UInt8(ascii: "}"))
    }

    /// Enters an array; `false` if it is empty, which also leaves it.
    mutating func beginArray() throws(PageFault) -> Bool {
        try begin(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    /// Advances to the next element; `false` at the end of the array.
    @inline(__always)
    mutating func continueArray() throws(PageFault) -> Bool {
        try proceed(UInt8(ascii: "]"))
    }

    /// Reads a key and its colon.
    mutating func readKey() throws(PageFault) -> Range<Int> {
        skipWhitespace()
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
        let key = try readString()
        try skipColon()
        return key
    }

    /// Skips the colon after a key, and advances to the value.
    mutating func skipColon() throws(PageFault) {
        skipWhitespace()
        guard next == UInt8(ascii: ":") else { throw unexpected(insteadOf: UInt8(ascii: ":")) }
        position += 1
        skipWhitespace()
    }

    /// Checks that the text ends here.
    mutating func requireEnd() throws(PageFault) {
        skipWhitespace()
        guard position == count else { throw unexpected("the end of the text") }
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

    /// The fault of a syntax error at an offset.
    @inline(never)
    func malformed(_ reason: String, at offset: Int) -> PageFault {
        PageFault(.malformedJSON, "\(reason) at byte \(offset) of the JSON text")
    }

    /// The fault for another next byte than the required one.
    @inline(never)
    func unexpected(insteadOf byte: UInt8) -> PageFault {
        unexpected("'\(Unicode.Scalar(byte))'")
    }

    /// The fault for a next byte that is not allowed.
    @inline(never)
    func unexpected(_ expected: String) -> PageFault {
        guard position < count else {
            return PageFault(.malformedJSON, "the JSON text ends early, after \(count) bytes")
        }
        let found = excerpt(bytes(position..<position + 1))
        return malformed("expected \(expected), found \(found)", at: position)
    }
}

// MARK: Objects with one relevant member

extension JSONScanner {
    /// Enters an object, and advances to the value of its relevant member: `v` of a cell, `f` of a row. Skips members
    /// before it.
    @inline(__always)
    mutating func enterObject(member name: UInt8) throws(PageFault) {
        // `{"v":`, as the service sends it.
        let opening: UInt64 = 0x3A_22_00_22_7B | UInt64(name) << 16
        if word(at: position) & 0xFF_FFFF_FFFF == opening {
            position += 5
            skipWhitespace()
        } else {
            try findMember(name)
        }
    }

    /// Leaves the object that ``enterObject(member:)`` entered, after the value. Skips members after it.
    @inline(__always)
    mutating func leaveObject(member name: UInt8) throws(PageFault) {
        if next == UInt8(ascii: "}") {
            position += 1
        } else {
            try skipMembers(after: name)
        }
    }

    private mutating func findMember(_ name: UInt8) throws(PageFault) {
        var hasNext = try beginObject()
        while hasNext {
            if isKey(try readKey(), name) { return }
            try skipValue()
            hasNext = try continueObject()
        }
        throw PageFault(.inconsistentPage, "no '\(Unicode.Scalar(name))' before byte \(position)")
    }

    private mutating func skipMembers(after name: UInt8) throws(PageFault) {
        while try continueObject() {
            guard !isKey(try readKey(), name) else {
                throw malformed("duplicate '\(Unicode.Scalar(name))' in one object", at: position)
            }
            try skipValue()
        }
    }

    private func isKey(_ key: Range<Int>, _ name: UInt8) -> Bool {
        key.count == 1 && base[key.lowerBound] == name
    }
}

// MARK: Skipping

extension JSONScanner {
    /// Skips and validates a value of any kind, without changing it.
    ///
    /// A loop with one bit per level instead of recursion, so that no input can exhaust the stack.
    mutating func skipValue() throws(PageFault) {
        var depth = 0
        var isObject = SIMD8<UInt64>()

        while true {
            skipWhitespace()
            if isAtContainer {
                guard depth < Self.nestingLimit else {
                    throw malformed("more than \(Self.nestingLimit) levels of nesting", at: position)
                }
                let opensObject = next == UInt8(ascii: "{")
                let bit: UInt64 = 1 << UInt64(depth & 63)
                if opensObject { isObject[depth >> 6] |= bit } else { isObject[depth >> 6] &= ~bit }
                if try opensObject ? beginObject() : beginArray() {
                    depth += 1
                    if opensObject { try skipKey() }
                    continue
                }
            } else if next == UInt8(ascii: "\"") {
                try skipString()
            } else {
                _ = try readBareScalar()
            }

            // A value has ended, and possibly the containers around it.
            var hasNext = false
            while depth > 0, !hasNext {
                let level = depth - 1
                let isInObject = isObject[level >> 6] >> UInt64(level & 63) & 1 == 1
                hasNext = try isInObject ? continueObject() : continueArray()
                if !hasNext { depth -= 1 } else if isInObject { try skipKey() }
            }
            if !hasNext { return }
        }
    }

    private mutating func skipKey() throws(PageFault) {
        skipWhitespace()
        guard next == UInt8(ascii: "\"") else { throw unexpected("a key") }
        try skipString()
        try skipColon()
    }
}
