/// A name as SQLite compares it: by bytes, ignoring the case of ASCII letters.
///
/// Swift's `==` treats two encodings of an accented letter as equal; SQLite does not.
package struct SQLiteName: Hashable {
    private let folded: [UInt8]

    package init(_ name: String) {
        folded = name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    func hasPrefix(_ prefix: String) -> Bool {
        folded.starts(with: prefix.utf8)
    }

    /// A hash that is equal in every process (FNV-1a).
    var hash64: UInt64 {
        folded.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The name as a quoted SQL identifier. It must not contain NUL.
    ///
    /// Compares bytes, since a quotation mark before a combining character is not equal to `"` as a Swift character, but
    /// ends an identifier.
    static func quoted(_ name: String) -> String {
        let mark = UInt8(ascii: "\"")
        guard name.utf8.contains(mark) else { return "\"\(name)\"" }
        let inner = name.utf8.flatMap { $0 == mark ? [mark, mark] : [$0] }
        return String(decoding: [mark] + inner + [mark], as: UTF8.self)
    }

    /// Names as a list of identifiers in SQL.
    static func list(_ names: [String]) -> String {
        names.map(quoted).joined(separator: ", ")
    }

    /// Names as a list of identifiers in SQL whose values are compared byte by byte, whatever the collation of the
    /// columns.
    static func binaryList(_ names: [String]) -> String {
        names.map { "\(quoted($0)) COLLATE BINARY" }.joined(separator: ", ")
    }

    /// A name of the row ID of a table; `nil` if columns have taken all of them.
    static func rowID(besides columns: [String]) -> String? {
        let taken = Set(columns.map { SQLiteName($0) })
        return ["rowid", "_rowid_", "oid"].first { !taken.contains(SQLiteName($0)) }
    }
}
