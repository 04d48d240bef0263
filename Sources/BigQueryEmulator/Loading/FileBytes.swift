import Foundation

/// The bytes of a file, one after another, read a piece at a time.
final class FileBytes {
    private let handle: FileHandle
    private var piece: [UInt8] = []
    private var position = 0
    /// The number of the line that the next byte is in, counted from 1.
    private(set) var line = 1

    private static let pieceBytes = 1 << 18

    /// Opens a file; a byte order mark at its start is skipped.
    init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw EmulatorError.unreadableFile(path) }
        self.handle = handle
        try fill()
        if piece.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    deinit {
        try? handle.close()
    }

    private func fill() throws {
        piece = try handle.read(upToCount: Self.pieceBytes).map { Array($0) } ?? []
        position = 0
    }

    func peek() throws -> UInt8? {
        if position == piece.count { try fill() }
        return position < piece.count ? piece[position] : nil
    }

    func next() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        return byte
    }
}
