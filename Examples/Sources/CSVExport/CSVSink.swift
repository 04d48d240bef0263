import BigQueryRows
import Foundation

/// Writes rows to a CSV file (RFC 4180), page by page, so that memory does not grow with the result.
///
/// NULL is an empty field, an empty text is `""`, bytes are base64. The rows are written to a file next to the
/// destination, which is renamed when it is complete. A failed pull leaves that file in place.
actor CSVSink: RowSink {
    private let path: String
    private let file: FileHandle

    /// The path of the incomplete file.
    private static func unfinished(_ path: String) -> String { path + ".part" }

    init(path: String) throws {
        let unfinished = Self.unfinished(path)
        guard FileManager.default.createFile(atPath: unfinished, contents: nil),
            let file = FileHandle(forWritingAtPath: unfinished)
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: unfinished]) }
        self.path = path
        self.file = file
    }

    func begin(_ schema: TableSchema) throws {
        var line: [UInt8] = []
        for (column, field) in schema.fields.enumerated() {
            if column > 0 { line.append(UInt8(ascii: ",")) }
            Self.append(field.name.utf8, to: &line)
        }
        try file.write(contentsOf: line + Self.lineEnd)
    }

    func append(_ page: RowPage) throws {
        var text: [UInt8] = []
        text.reserveCapacity(page.byteCount)
        for row in 0..<page.rowCount {
            for column in 0..<page.columnCount {
                if column > 0 { text.append(UInt8(ascii: ",")) }
                Self.append(page.cells[row * page.columnCount + column], of: page, to: &text)
            }
            text += Self.lineEnd
        }
        try file.write(contentsOf: text)
    }

    func finish() throws {
        try file.synchronize()
        try file.close()
        // In one step, and over a file that is there.
        guard rename(Self.unfinished(path), path) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
    }

    private static let lineEnd = Array("\r\n".utf8)
    private static let quote = UInt8(ascii: "\"")

    /// No `CellValue` and no `String` is made for a text: its bytes go from the page into the file.
    private static func append(_ cell: CellReference, of page: RowPage, to text: inout [UInt8]) {
        switch cell.kind {
        case .null: break
        case .integer: text += "\(cell.integer)".utf8
        case .double: text += "\(cell.double)".utf8
        case .text: append(page.bytes[cell.range], to: &text)
        case .blob: text += Data(page.bytes[cell.range]).base64EncodedData()
        }
    }

    private static func append(_ field: some Collection<UInt8>, to text: inout [UInt8]) {
        guard field.isEmpty || field.contains(where: { [quote, UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }) else {
            text += field
            return
        }
        text.append(quote)
        for byte in field {
            if byte == quote { text.append(quote) }
            text.append(byte)
        }
        text.append(quote)
    }
}
