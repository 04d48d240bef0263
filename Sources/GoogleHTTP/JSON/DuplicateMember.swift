package import Foundation

/// A member whose name another member of the same JSON object has: decoders keep one of the two, and do not say which.
package struct DuplicateMember: Error, Hashable {
    /// The name, with its escapes undone. It is untrusted text.
    package let name: String

    /// The first one in a JSON text, at any level; `nil` if there is none, or if the text is not JSON in UTF-8, which
    /// `decodeUnambiguous` rejects.
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
    /// Decodes a JSON text in UTF-8, no object of which has two members of one name.
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

/// Goes through the structure of a JSON text, and compares the names of each object.
///
/// It leaves to the decoder what does not change the structure: the form of numbers and literals, escapes in values. A text
/// in another encoding than UTF-8, which the decoder would detect and read, is malformed.
private struct MemberScanner {
    enum Fault: Error {
        case duplicate(String)
        case malformed
    }

    private let bytes: [UInt8]
    private var position: Int
    /// The names so far of each object that is open, the innermost one last; `nil` for an array.
    private var containers: [Set<String>?] = []

    /// The deepest nesting, which is the decoder's own.
    private static let nestingLimit = 512

    /// Begins behind the byte-order mark, if there is one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next byte; 0, which stands nowhere in JSON, at the end.
    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    mutating func scan() throws(Fault) {
        repeat {
            if try !enterContainer() { try leaveContainers() }
        } while !containers.isEmpty
        skipSpace()
        guard position == bytes.count else { throw .malformed }
    }

    /// Passes a scalar or an empty container, or goes to the first value of another one; `true` for the last of these.
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

    /// Goes behind a value to the next one, and leaves the containers that end there.
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

    /// Reads the name of a member of the innermost object, and its colon.
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

    /// The content of a string in quotes. Escapes are left to the decoder, so that both compare the same names.
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

    /// Passes a number or a literal.
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
