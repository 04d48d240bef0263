/// A CSV file with a header line. An empty unquoted cell is NULL.
struct CSVFile: TableFile {
    let path: String

    func guessFields() throws -> [SchemaField] {
        try withRecords { names, reader in
            var guesses = names.map { _ in TypeGuess() }
            while let record = try reader.next() {
                try check(record, names.count)
                for (index, cell) in record.cells.enumerated() {
                    if let cell { guesses[index].add(cell) }
                }
            }
            return zip(names, guesses).map { SchemaField(name: $0, type: $1.type) }
        }
    }

    func readRows(_ fields: [SchemaField], _ body: ([SQLValue]) throws -> Void) throws {
        try withRecords { names, reader in
            // Columns are matched by name: the schema file can list them in another order.
            let columns = try fields.map { field in
                guard let column = names.firstIndex(of: field.name) else {
                    throw EmulatorError.invalidData(path, line: 1, "no column \(field.name)")
                }
                return column
            }
            if let extra = names.first(where: { name in !fields.contains { $0.name == name } }) {
                throw EmulatorError.invalidData(path, line: 1, "column \(extra) is not in the schema")
            }
            while let record = try reader.next() {
                try check(record, names.count)
                do {
                    try body(zip(fields, columns).map { field, column in try value(record.cells[column], field) })
                } catch let error as ValueError {
                    throw EmulatorError.invalidData(path, line: record.line, error.description)
                }
            }
        }
    }

    private func withRecords<Result>(_ body: ([String], inout CSVReader) throws -> Result) throws -> Result {
        var reader = try CSVReader(path: path)
        do {
            guard let header = try reader.next() else { throw EmulatorError.invalidData(path, "the file is empty") }
            let names = header.cells.map { $0 ?? "" }
            let isUnique = Set(names.map { $0.lowercased() }).count == names.count
            guard isUnique, !names.contains("") else {
                throw EmulatorError.invalidData(path, line: header.line, "column names must not be empty or repeated")
            }
            return try body(names, &reader)
        } catch let error as CSVReader.ParseError {
            throw EmulatorError.invalidData(path, line: error.line, error.message)
        }
    }

    private func check(_ record: CSVReader.Record, _ count: Int) throws {
        guard record.cells.count == count else {
            let message = "\(record.cells.count) cells, expected \(count)"
            throw EmulatorError.invalidData(path, line: record.line, message)
        }
    }

    private func value(_ cell: String?, _ field: SchemaField) throws -> SQLValue {
        guard let cell else {
            guard field.mode != .required else { throw ValueError("field \(field.name): NULL in a REQUIRED field") }
            return .null
        }
        guard field.mode != .repeated, field.type != .structure else {
            throw ValueError("field \(field.name): CSV cannot contain nested or repeated values")
        }
        return try SQLValue(text: cell, field: field)
    }
}

/// Reads the records of a CSV file (RFC 4180), with LF or CRLF line endings.
struct CSVReader {
    /// A record and the number of its first line.
    struct Record {
        var line: Int
        /// The cells; `nil` for an empty unquoted cell.
        var cells: [String?]
    }

    struct ParseError: Error {
        var line: Int
        var message: String
    }

    private let bytes: FileBytes

    init(path: String) throws {
        bytes = try FileBytes(path: path)
    }

    /// Returns the next record, skipping empty lines; `nil` at the end of the file.
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
                    throw ParseError(line: line, message: "a carriage return without a line feed")
                }
                return record
            case nil, UInt8(ascii: "\n"): return record
            default: throw ParseError(line: line, message: "text after a closing quote")
            }
        }
    }

    private mutating func readCell(_ recordLine: Int) throws -> String? {
        var cell: [UInt8] = []
        guard try bytes.peek() == UInt8(ascii: "\"") else {
            while let byte = try bytes.peek(), !",\r\n".utf8.contains(byte) {
                guard byte != UInt8(ascii: "\"") else {
                    throw ParseError(line: bytes.line, message: "a quote inside an unquoted cell")
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
        throw ParseError(line: line, message: "unterminated quote")
    }

    private func text(_ cell: [UInt8]) throws -> String {
        guard let text = String(validating: cell, as: UTF8.self) else {
            throw ParseError(line: bytes.line, message: "not valid UTF-8")
        }
        return text
    }
}
