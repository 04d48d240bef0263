extension JSONScanner {
    /// Passes a value of any kind, validates it, and leaves it as it is.
    ///
    /// A loop with one bit a level rather than recursion, so that no input can exhaust the stack.
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

            // A value has ended; so do the containers whose last one it was.
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
        try passColon()
    }
}
