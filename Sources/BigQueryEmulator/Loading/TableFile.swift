import Foundation

/// A file with the rows of one table.
protocol TableFile {
    /// Infers columns and types from the content.
    func guessFields() throws -> [SchemaField]

    /// Calls `body` with each row, converted to these columns.
    func readRows(_ fields: [SchemaField], _ body: ([SQLValue]) throws -> Void) throws
}

extension EmulatorError {
    /// Creates an error about the content of a file.
    static func invalidData(_ path: String, line: Int? = nil, _ message: String) -> EmulatorError {
        EmulatorError(
            code: .invalidData, message: "\(path)\(line.map { ":\($0)" } ?? ""): \(message)")
    }
}

/// A buffered reader of a file's bytes.
final class FileBytes {
    private let handle: FileHandle
    private var chunk: [UInt8] = []
    private var position = 0
    /// The line number of the next byte, from 1.
    private(set) var line = 1

    private static let chunkBytes = 1 << 18

    /// Opens a file and skips a byte order mark.
    init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw EmulatorError.unreadableFile(path) }
        self.handle = handle
        try fill()
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    deinit {
        // Nothing was written that closing could lose.
        try? handle.close()
    }

    private func fill() throws {
        chunk = try handle.read(upToCount: Self.chunkBytes).map { Array($0) } ?? []
        position = 0
    }

    func peek() throws -> UInt8? {
        if position == chunk.count { try fill() }
        return position < chunk.count ? chunk[position] : nil
    }

    func next() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        return byte
    }
}

/// The narrowest type that fits all values of a text column.
struct TypeGuess {
    private static let order: [GoogleSQLType] = [.int64, .float64, .bool, .date, .timestamp]

    private var candidates = Self.order
    private var hasValues = false

    mutating func add(_ text: String) {
        hasValues = true
        candidates.removeAll { !Self.fits(text, $0) }
    }

    /// The inferred type; STRING if nothing narrower fits or there was no value.
    var type: GoogleSQLType { hasValues ? candidates.first ?? .string : .string }

    private static func fits(_ text: String, _ type: GoogleSQLType) -> Bool {
        switch type {
        // Leading zeros and plus signs can be significant, as in postal codes: such a column is a STRING.
        case .int64: Int64(text).map { String($0) == text } ?? false
        case .float64: isDecimal(text) && Double(text)?.isFinite == true
        case .bool: ["true", "false"].contains(text.lowercased())
        case .date: CivilTime.date(text) == text
        case .timestamp: text.contains(":") && CivilTime.timestamp(text) != nil
        default: false
        }
    }

    private static func isDecimal(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let hasLeadingZero = digits.hasPrefix("0") && digits.dropFirst().first.map(\.isNumber) == true
        return digits.first.map { $0.isASCII && $0.isNumber } == true && !hasLeadingZero
            && digits.allSatisfy { $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }
    }
}
