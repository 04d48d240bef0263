extension JSONScanner {
    /// Goes into an object to the value of the one member that matters: `v` of a cell, `f` of a row.
    ///
    /// Members before it are passed.
    @inline(__always)
    mutating func enterObject(member name: UInt8) throws(PageFault) {
        // `{"v":`, the only form in which the service sends it.
        let opening: UInt64 = 0x3A_22_00_22_7B | UInt64(name) << 16
        if word(at: position) & 0xFF_FFFF_FFFF == opening {
            position += 5
            skipWhitespace()
        } else {
            try findMember(name)
        }
    }

    /// Leaves the object that ``enterObject(member:)`` entered, after the value.
    ///
    /// Members behind it are passed.
    @inline(__always)
    mutating func leaveObject(member name: UInt8) throws(PageFault) {
        if next == UInt8(ascii: "}") {
            position += 1
        } else {
            try passMembers(after: name)
        }
    }

    private mutating func findMember(_ name: UInt8) throws(PageFault) {
        var hasNext = try beginObject()
        while hasNext {
            if isKey(try readKey(), name) { return }
            try skipValue()
            hasNext = try continueObject()
        }
        throw PageFault(.inconsistentPage, "there is no '\(Unicode.Scalar(name))' before byte \(position)")
    }

    private mutating func passMembers(after name: UInt8) throws(PageFault) {
        while try continueObject() {
            guard !isKey(try readKey(), name) else {
                throw malformed("a second '\(Unicode.Scalar(name))' in one object", at: position)
            }
            try skipValue()
        }
    }

    private func isKey(_ key: Range<Int>, _ name: UInt8) -> Bool {
        key.count == 1 && base[key.lowerBound] == name
    }
}
