extension [TableSchema.Field] {
    /// The names of the fields, with `_2`, `_3`, … after those that equal an earlier one.
    ///
    /// Names are compared as SQLite compares them: byte by byte, ASCII letters in either case being equal. A name that needs
    /// no suffix never changes because of one that does.
    package var distinctNames: [String] {
        let names = map(\.name)
        var taken = Set<FoldedName>(minimumCapacity: names.count)
        for name in names { taken.insert(FoldedName(name: name)) }
        guard taken.count < names.count else { return names }

        // The last suffix of each name, so that many equal names do not try all suffixes each.
        var suffixes: [FoldedName: Int] = [:]
        return names.map { name in
            guard var suffix = suffixes[FoldedName(name: name)] else {
                suffixes[FoldedName(name: name)] = 1
                return name
            }
            repeat { suffix += 1 } while !taken.insert(FoldedName(name: "\(name)_\(suffix)")).inserted
            suffixes[FoldedName(name: name)] = suffix
            return "\(name)_\(suffix)"
        }
    }
}

/// A name as SQLite compares it. Swift's own `==` would equate two spellings of an accented letter.
private struct FoldedName: Hashable {
    let name: String

    static func == (one: FoldedName, other: FoldedName) -> Bool {
        one.name.utf8.elementsEqual(other.name.utf8) { folded($0) == folded($1) }
    }

    func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(Self.folded(byte)) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
