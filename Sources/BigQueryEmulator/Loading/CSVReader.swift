/// Reads the records of a CSV file (RFC 4180): commas, quotes that are doubled inside quotes, lines that end in LF
/// or CRLF, quoted cells that span lines.
struct CSVReader {
    /// A record and the line on which it begins.
    struct Record {
        var line: Int
        /// The cells; `nil` for an empty cell without quotes.
        var cells: [String?]
    }

    struct Failure: Error {
        var line: Int
        var message: String
    }

    private let bytes: FileBytes

    init(path: String) throws {
        bytes = try FileBytes(path: path)
    }

    /// The next record, empty lines left out; `nil` at the end of the file.
    mutating func next() throws -> Record? {
        while let byte = try bytes.peek() {
            if byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
                return try readRecord()
            }
            _ = try bytes.next()
        }
        return nil
    }

    private mutating func readRecord() throws -> Record {
        var record = Record(line: bytes.line, cells: [])
        while true {
            record.cells.append(try readCell(record.line))
            let line = bytes.line
            switch try bytes.next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "\r"):
                guard try bytes.next() == UInt8(ascii: "\n") else {
                    throw Failure(line: line, message: "a carriage return without a line feed")
                }
                return record
            case nil, UInt8(ascii: "\n"): return record
            default: throw Failure(line: line, message: "text after a closing quote")
            }
        }
    }

    private mutating func readCell(_ recordLine: Int) throws -> String? {
        var cell: [UInt8] = []
        guard try bytes.peek() == UInt8(ascii: "\"") else {
            while let byte = try bytes.peek(), !",\r\n".utf8.contains(byte) {
                guard byte != UInt8(ascii: "\"") else {
                    throw Failure(line: bytes.line, message: "a quote inside a cell without quotes")
                }
                cell.append(byte)
                _ = try bytes.next()
            }
            return cell.isEmpty ? nil : try text(cell)
        }
        let line = bytes.line
        _ = try bytes.next()
        while let byte = try bytes.next() {
            if byte == UInt8(ascii: "\"") {
                guard try bytes.peek() == UInt8(ascii: "\"") else { return try text(cell) }
                _ = try bytes.next()
            }
            cell.append(byte)
        }
        throw Failure(line: line, message: "a quote is never closed")
    }

    private func text(_ cell: [UInt8]) throws -> String {
        guard let text = String(validating: cell, as: UTF8.self) else {
            throw Failure(line: bytes.line, message: "not valid UTF-8")
        }
        return text
    }
}
