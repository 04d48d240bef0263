import GRDB

/// The names of loads in the load column of a table.
enum LoadLabels {
    /// The rows of the only load of a table that has no load column yet.
    enum Origin {
        /// All rows.
        case all(load: String)
        /// The rows with these IDs.
        case rowIDs([ClosedRange<Int64>], load: String)
    }

    /// The rows of a table that get the name of its only load with the load column; `nil` if there is not exactly one
    /// load with rows in it.
    ///
    /// - Throws: `unknownOrigin` if its rows cannot be distinguished from those without a load.
    static func origin(of existing: TargetTable, _ target: StagingTarget, _ db: Database) throws -> Origin? {
        let loads = try LoadRecords.read(target: target, db).filter { $0.runID != nil }
        guard let load = loads.first, loads.count == 1 else { return nil }
        let history = try PublicationHistory(of: target.table, path: target.path, db)
        guard try history.hasRowsWithoutLoad(after: nil, db) else { return .all(load: load.name) }
        guard try areRowIDsStable(in: existing, target, history, db),
            let ranges = history.rowIDs(ofRunsOf: load.name)
        else {
            throw StagingError(
                code: .unknownOrigin,
                message: """
                    the rows of load \(load.name) in table \(target.table) cannot be distinguished from rows without a load
                    """)
        }
        return .rowIDs(ranges, load: load.name)
    }

    /// Whether every row still has the ID that it was inserted with, as far as the runs since the table was made show.
    ///
    /// VACUUM closes gaps between the IDs of a table without indexes. Two runs can then have the same IDs, or a run has
    /// one above the highest in the table. Both are also so after the last rows were deleted.
    private static func areRowIDsStable(
        in existing: TargetTable, _ target: StagingTarget, _ history: PublicationHistory, _ db: Database
    ) throws -> Bool {
        guard let name = existing.rowIDName, existing.rowIDAlias == nil else { return false }
        guard !existing.hasIndexes else { return true }
        let ranges = history.publications.compactMap(\.rowIDs).sorted { $0.lowerBound < $1.lowerBound }
        guard let last = ranges.last else { return true }
        let highest = try Publication.rowIDs(in: target.table, name: name, above: nil, db)?.upperBound ?? 0
        return last.upperBound <= highest
            && zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
    }

    /// Writes the name of a load into its rows.
    static func write(
        _ origin: Origin, to existing: TargetTable, _ target: StagingTarget, column: String, _ db: Database
    ) throws {
        let update = "UPDATE \(SQLiteName.quoted(target.table)) SET \(SQLiteName.quoted(column)) = ?"
        switch origin {
        case .all(let load): try db.execute(sql: update, arguments: [load])
        case .rowIDs(let ranges, let load):
            guard let rowID = existing.rowIDName else { return }
            for range in ranges {
                try db.execute(
                    sql: "\(update) WHERE \(rowID) BETWEEN ? AND ?",
                    arguments: [load, range.lowerBound, range.upperBound])
            }
        }
    }

    /// A condition for the rows of a load. Its argument is the name of the load.
    static func condition(_ column: String) -> String {
        // As the names of loads are compared.
        "\(SQLiteName.quoted(column)) COLLATE NOCASE = ?"
    }
}
