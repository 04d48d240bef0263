import GRDB

/// The rows of a query on a staging database, each as its values separated by bars.
func values(_ file: String, _ sql: String) throws -> [String] {
    try DatabaseQueue(path: file).read { db in
        try Row.fetchAll(db, sql: sql).map { row in
            row.databaseValues.map { $0.isNull ? "NULL" : "\($0.storage.value ?? "")" }.joined(separator: "|")
        }
    }
}

/// The states of all runs of a staging database, in order.
func states(_ file: String) throws -> [String] {
    try values(file, "SELECT state FROM _bqpull_runs ORDER BY rowid")
}
