import Foundation

/// A file that holds the rows of one table.
protocol TableFile {
    /// Finds out columns and types from the content.
    func guessFields() throws -> [SchemaField]

    /// Calls `body` with every row as values of these columns.
    func readRows(_ fields: [SchemaField], _ body: ([Value]) throws -> Void) throws
}

extension EmulatorError {
    /// A fault in a file to load.
    static func invalidData(_ path: String, line: Int? = nil, _ message: String) -> EmulatorError {
        EmulatorError(
            code: .invalidData, message: "\(path)\(line.map { ":\($0)" } ?? ""): \(message)",
            hint: "correct the file, or describe its columns in \(SchemaFile.path(beside: path))")
    }
}

/// The bytes of a file, one after another, read a piece at a time.
final class FileBytes {
    private let handle: FileHandle
    private var chunk: [UInt8] = []
    private var position = 0
    /// The number of the line that the next byte is in, counted from 1.
    private(set) var line = 1

    private static let chunkBytes = 1 << 18

    /// Opens a file; a byte order mark at its start is skipped.
    init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw EmulatorError.unreadableFile(path) }
        self.handle = handle
        try fill()
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    deinit {
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

/// The narrowest type that fits all texts of a column.
struct TypeGuess {
    private static let order: [GoogleSQLType] = [.int64, .float64, .bool, .date, .timestamp]

    private var candidates = Self.order
    private var hasValues = false

    mutating func add(_ text: String) {
        hasValues = true
        candidates.removeAll { !Self.fits(text, $0) }
    }

    /// STRING if nothing narrower fits, or if there was no value.
    var type: GoogleSQLType { hasValues ? candidates.first ?? .string : .string }

    private static func fits(_ text: String, _ type: GoogleSQLType) -> Bool {
        switch type {
        // Leading zeros and plus signs mean something, as in postal codes: such a column stays a STRING.
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
