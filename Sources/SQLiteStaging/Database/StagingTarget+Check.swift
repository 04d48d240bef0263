extension StagingTarget {
    /// Rejects table names that SQLite or bqpull reserve, and rules that contradict each other.
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
                code: .invalidName, message: "the table name \"\(table)\" \(problem)",
                hint: "choose another one with --table NAME")
        }
        if ifExists == .upsert, key.isEmpty {
            throw StagingError(
                code: .noKey, message: "an upsert needs a key to tell which rows are new",
                hint: "name its columns with --key COLUMN[,COLUMN]")
        }
        for columns in [key] + indexes where Set(columns.map { SQLiteName($0) }).count < columns.count {
            throw StagingError(
                code: .unknownColumn, message: "duplicate column in \(columns.joined(separator: ", "))",
                hint: "name every column once")
        }
    }
}
