extension StagingTarget {
    /// Rejects reserved table names and contradictory options.
    func check() throws(StagingError) {
        let reserved = ["sqlite_", ControlTables.prefix]
        let problem: String? =
            if table.isEmpty {
                "is empty"
            } else if table.utf8.contains(0) {
                "contains a NUL character"
            } else if let prefix = reserved.first(where: SQLiteName(table).hasPrefix) {
                "begins with \(prefix), which is reserved"
            } else {
                nil
            }
        if let problem {
            throw StagingError(
                code: .invalidName, message: "the table name \"\(table)\" \(problem)", detail: .unsuitableTable)
        }
        if ifExists == .upsert, key.isEmpty {
            throw StagingError(code: .noKey, message: "an upsert needs a key, to find the rows to update")
        }
        for columns in [key] + indexes where Set(columns.map { SQLiteName($0) }).count < columns.count {
            throw StagingError(
                code: .unknownColumn, message: "duplicate column in \(columns.joined(separator: ", "))",
                detail: .duplicateColumn)
        }
    }
}
