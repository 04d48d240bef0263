import GRDB

/// How a hidden table becomes the one that users see.
struct Publication {
    private enum Way {
        case create
        case replace(indexes: [String])
        case append(isOurs: Bool)
    }

    private let target: StagingTarget
    private let way: Way
    private let existing: TargetTable?

    /// Decides the way, by what is in the database now.
    ///
    /// Throws `targetExists` if a table is there that may not be touched.
    init(to target: StagingTarget, _ db: Database) throws {
        self.target = target
        existing = try TargetTable.read(target.table, db, path: target.path)
        guard let existing else {
            way = .create
            return
        }
        switch target.ifExists {
        case .replace: way = .replace(indexes: existing.indexes)
        case .append: way = .append(isOurs: existing.isOurs)
        case nil where existing.isOurs: way = .replace(indexes: existing.indexes)
        case nil, .fail:
            let whose = target.ifExists == nil ? " and was not made by bqpull" : ""
            throw StagingError(
                code: .targetExists,
                message: "the table \(target.table) exists in \(target.path)\(whose)",
                hint: "use --if-exists replace, --if-exists append, or another table with --table NAME")
        }
    }

    /// Refuses rows that could not be published, before any of them is fetched.
    func check(_ staged: StagedTable) throws {
        switch way {
        case .create: break
        case .replace(let indexes): try Self.check(indexes, on: staged, target: target)
        case .append:
            let columns = staged.columns.map {
                TargetTable.Column(name: $0.name, type: $0.type.rawValue, isPlain: true)
            }
            if let difference = existing?.firstDifference(to: columns) {
                throw StagingError(
                    code: .schemaMismatch,
                    message: "the result does not go with the table \(target.table): \(difference)",
                    hint: "select the table's columns in its order, or use --if-exists replace")
            }
        }
    }

    /// Makes the indexes on an empty copy of the new table, far from the user's file.
    ///
    /// Only SQLite can tell whether their expressions and WHERE clauses still mean something.
    private static func check(_ indexes: [String], on staged: StagedTable, target: StagingTarget) throws {
        guard !indexes.isEmpty else { return }
        try DatabaseQueue().write { db in
            try db.execute(sql: staged.createSQL(name: target.table))
            for index in indexes {
                do {
                    try db.execute(sql: index)
                } catch let error as DatabaseError {
                    throw StagingError(
                        code: .schemaMismatch,
                        message: """
                            an index on \(target.table) cannot be made on the new columns \
                            (\(error.message ?? "unknown reason")): \(index)
                            """,
                        hint: "drop the index first, or choose another table with --table NAME",
                        cause: error)
                }
            }
        }
    }

    /// Publishes; the caller's transaction makes it one step for every reader.
    func publish(_ staged: StagedTable, from hidden: String, _ db: Database) throws {
        let (new, old) = (SQLiteName.quoted(target.table), SQLiteName.quoted(hidden))
        switch way {
        case .create:
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
        case .replace(let indexes):
            try db.execute(sql: "DROP TABLE \(new)")
            try db.execute(sql: "ALTER TABLE \(old) RENAME TO \(new)")
            for index in indexes { try db.execute(sql: index) }
        case .append(let isOurs):
            try db.execute(sql: "INSERT INTO \(new) SELECT * FROM \(old)")
            try db.execute(sql: "DROP TABLE \(old)")
            // Describing a user's own table would make it bqpull's, to be replaced without a question.
            guard isOurs else { return }
        }
        try ColumnRecords.write(staged, table: target.table, db)
    }
}
