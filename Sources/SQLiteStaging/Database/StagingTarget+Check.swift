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
        if ifExists == .deleteInsert, key.isEmpty {
            throw StagingError(code: .noKey, message: "replacing rows by their key needs a key")
        }
        if latestColumn != nil {
            guard !key.isEmpty else {
                throw StagingError(code: .noKey, message: "keeping the latest row of a key needs a key")
            }
            guard ifExists != .deleteInsert else {
                throw StagingError(
                    code: .noKey, message: "the latest row of a key cannot be kept with a key that is not unique")
            }
        }
        let added = [loadColumn, loadedAtColumn].compactMap(\.self)
        if let name = added.first(where: { $0.isEmpty || $0.utf8.contains(0) }) {
            throw StagingError(
                code: .invalidName,
                message:
                    "the added column \(name.isEmpty ? "has an empty name" : "\"\(name)\" contains a NUL character")",
                detail: .columnName)
        }
        for columns in [key, added] + indexes where Set(columns.map { SQLiteName($0) }).count < columns.count {
            throw StagingError(
                code: .unknownColumn, message: "duplicate column in \(columns.joined(separator: ", "))",
                detail: .duplicateColumn)
        }
    }
}
