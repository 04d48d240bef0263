package import Foundation

/// A name that two members of one JSON object share. Decoders keep an unspecified one of the two.
package struct DuplicateMember: Error, Hashable {
    /// The unescaped name. It is untrusted text.
    package let name: String

    /// Finds the first duplicate in a JSON text, at any level; `nil` without a duplicate, or if the text is not JSON in
    /// UTF-8, which `decodeUnambiguous` rejects.
    package init?(in json: [UInt8]) {
        var scanner = MemberScanner(json)
        do throws(MemberScanner.Fault) {
            try scanner.scan()
            return nil
        } catch {
            guard case .duplicate(let name) = error else { return nil }
            self.init(name: name)
        }
    }

    fileprivate init(name: String) {
        self.name = name
    }
}

extension JSONDecoder {
    /// Decodes a JSON text in UTF-8 without duplicate members.
    ///
    /// - Throws: ``DuplicateMember``, or `DecodingError` for any other text.
    package func decodeUnambiguous<Value: Decodable>(_ type: Value.Type, from json: [UInt8]) throws -> Value {
        var scanner = MemberScanner(json)
        do throws(MemberScanner.Fault) {
            try scanner.scan()
        } catch {
            switch error {
            case .duplicate(let name): throw DuplicateMember(name: name)
            case .malformed:
                throw DecodingError.dataCorrupted(
                    .init(codingPath: [], debugDescription: "not JSON in UTF-8, or nested too deeply"))
            }
        }
        return try decode(type, from: Data(json))
    }
}

/// Scans the structure of a JSON text for duplicate members.
///
/// Numbers, literals and escapes in values are left to the decoder. Text in an encoding other than UTF-8, which the
/// decoder would detect, is malformed.
private struct MemberScanner {
    enum Fault: Error {
        case duplicate(String)
        case malformed
    }

    private let bytes: [UInt8]
    private var position: Int
    /// The names in each open object, innermost last; `nil` for an array.
    private var containers: [Set<String>?] = []

    /// The maximum nesting, the same as the decoder's.
    private static let nestingLimit = 512

    /// Starts after the byte-order mark, if there is one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next byte; 0, which is invalid in JSON, at the end.
    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    mutating func scan() throws(Fault) {
        repeat {
            if try !enterContainer() { try leaveContainers() }
        } while !containers.isEmpty
        skipSpace()
        guard position == bytes.count else { throw .malformed }
    }

    /// Skips a scalar or an empty container, or enters a container and returns `true`.
    private mutating func enterContainer() throws(Fault) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = next == UInt8(ascii: "{")
            guard containers.count < Self.nestingLimit else { throw .malformed }
            position += 1
            skipSpace()
            if next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                position += 1
                return false
            }
            containers.append(isObject ? [] : nil)
            if isObject { try readName() }
            return true
        case UInt8(ascii: "\""): try skipString()
        default: try skipWord()
        }
        return false
    }

    /// Advances from a value to the next one, and leaves the containers that end there.
    private mutating func leaveContainers() throws(Fault) {
        while let names = containers.last {
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                if names != nil { try readName() }
                return
            }
            guard next == (names != nil ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw .malformed }
            position += 1
            containers.removeLast()
        }
    }

    /// Reads the name of a member and its colon.
    private mutating func readName() throws(Fault) {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw .malformed }
        let start = position
        try skipString()
        guard let name = Self.text(bytes[start..<position]) else { throw .malformed }
        guard containers[containers.count - 1]?.insert(name).inserted == true else { throw .duplicate(name) }
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw .malformed }
        position += 1
    }

    /// The content of a quoted string, unescaped by the decoder, so that both compare the same names; `nil` if it is
    /// malformed.
    private static func text(_ quoted: ArraySlice<UInt8>) -> String? {
        guard quoted.contains(UInt8(ascii: "\\")) else {
            return String(validating: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        return try? JSONDecoder().decode(String.self, from: Data(quoted))
    }

    private mutating func skipString() throws(Fault) {
        position += 1
        while next != UInt8(ascii: "\"") {
            guard next >= 0x20 else { throw .malformed }
            position += next == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
    }

    /// Skips a number or a literal.
    private mutating func skipWord() throws(Fault) {
        let start = position
        while Self.isOfWord(next) { position += 1 }
        guard position > start else { throw .malformed }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private mutating func skipSpace() {
        while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }
}
