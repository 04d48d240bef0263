import GRDB

/// The records in `_bqpull_loads`, through an open connection.
enum LoadRecords {
    /// The records of all loads, by name.
    static func all(path: String, _ db: Database) throws -> [LoadRecord] { fatalError() }

    /// The record of the load of this name; `nil` before its first publication.
    static func find(_ name: String, path: String, _ db: Database) throws -> LoadRecord? { fatalError() }

    /// The records of the loads into the table of a target, by name. A record without a run has no rows in the table.
    static func read(target: StagingTarget, _ db: Database) throws -> [LoadRecord] { fatalError() }

    /// The load column of the table of a target, according to the records of loads with rows in it; `nil` if they have
    /// none.
    static func loadColumn(of target: StagingTarget, _ db: Database) throws -> String? { fatalError() }

    /// The row IDs of the rows that published runs of a load have inserted since the table was made. Rows of other
    /// programs can have some of them.
    ///
    /// - Returns: `nil` if the row IDs of a run are unknown.
    static func ranges(
        ofRunsOf load: String, into target: StagingTarget, _ db: Database
    ) throws -> [ClosedRange<Int64>]? { fatalError() }

    /// Whether the table has rows of runs without a load or of other programs, as far as the runs since the table was
    /// made show. Call it before rows are published.
    static func hasForeignRows(target: StagingTarget, _ db: Database) throws -> Bool { fatalError() }
}
