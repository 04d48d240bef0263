/// A file that holds the rows of one table.
protocol TableFile {
    /// Finds out columns and types from the content.
    func guessFields() throws -> [Field]

    /// Calls `body` with every row as values of these columns.
    func readRows(_ fields: [Field], _ body: ([Value]) throws -> Void) throws
}

extension EmulatorError {
    /// A fault in a file to load.
    static func invalidData(_ path: String, line: Int? = nil, _ message: String) -> EmulatorError {
        EmulatorError(
            code: .invalidData, message: "\(path)\(line.map { ":\($0)" } ?? ""): \(message)",
            hint: "correct the file, or describe its columns in \(SchemaFile.path(beside: path))")
    }
}
