import BigQueryRows
import Foundation
import GRDB

/// The records in `_bqpull_loads`, through an open connection.
enum LoadRecords {
    // MARK: Reading

    /// The records of all loads, by name. Those of loads into a table that does not exist count as reset.
    static func all(path: String, _ db: Database) throws -> [LoadRecord] {
        try stored(path: path, db).map { record in
            var record = record
            if try !db.tableExists(record.table) { record.reset() }
            return record
        }
    }

    /// The record of the load of this name; `nil` before its first publication.
    static func find(_ name: String, path: String, _ db: Database) throws -> LoadRecord? {
        try all(path: path, db).first { SQLiteName($0.name) == SQLiteName(name) }
    }

    /// The records of the loads into the table of a target, by name. A record without a run has no rows in the table.
    static func read(target: StagingTarget, _ db: Database) throws -> [LoadRecord] {
        try all(path: target.path, db).filter { $0.isInto(target.table) }
    }

    /// The load column of the table of a target, according to the records of loads with rows in it; `nil` without
    /// one.
    static func loadColumn(of target: StagingTarget, _ db: Database) throws -> String? {
        try read(target: target, db).filter { $0.runID != nil }.compactMap(\.loadColumn).first
    }

    /// The record of the load of this name as stored, even if its table does not exist.
    static func stored(_ name: String, path: String, _ db: Database) throws -> LoadRecord? {
        try stored(path: path, db).first { SQLiteName($0.name) == SQLiteName(name) }
    }

    /// The records as stored; before the migration of an older file, as the migration stores them.
    private static func stored(path: String, _ db: Database) throws -> [LoadRecord] {
        guard try ControlTables.exist(in: db) else { return try EarlierLoads.all(path: path, db).compactMap(\.load) }
        guard try db.tableExists("_bqpull_loads") else { return [] }
        return try RunLog.records("SELECT * FROM _bqpull_loads ORDER BY name", table: "_bqpull_loads", path: path, db)
            .map(LoadRecord.init)
    }

    // MARK: Writing

    /// Inserts or replaces the record of a load, with this time of its change; `nil` for the current time.
    static func write(_ record: LoadRecord, at date: Date? = nil, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO _bqpull_loads
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, \(ControlTables.now)))
                """,
            arguments: [
                record.name, record.table, record.ifExists?.rawValue, record.loadColumn, record.incrementalColumn,
                record.type?.name, record.project, record.sql, record.parameters, record.highWaterMark,
                record.isStarted, record.runID, try ControlTables.json(record.columns),
                date.map(ControlRow.text),
            ])
    }

    /// Resets the loads whose rows are gone: their next run begins from the first row. Drops their unfinished runs that
    /// did not read all rows.
    ///
    /// - Parameters:
    ///   - path: the database, for messages.
    ///   - db: the database, in a write transaction.
    ///   - isReset: which of the loads that have rows or a mark to reset.
    /// - Returns: the names of the loads, and the runs.
    /// - Throws: ``StagingError``: `databaseUnusable` if a record is invalid.
    static func reset(
        path: String, _ db: Database, where isReset: (LoadRecord) throws -> Bool
    ) throws -> (names: [String], dropped: [RecordedRun]) {
        var (names, dropped): ([String], [RecordedRun]) = ([], [])
        for var record in try stored(path: path, db)
        where try (record.runID != nil || record.isStarted) && isReset(record) {
            let partial = try RunLog.unfinished(ofLoad: record.name, path: path, db).filter {
                $0.intent.load?.range?.isPartial == true
            }
            dropped += try RunLog.drop(partial, as: .superseded, db)
            record.reset()
            try write(record, db)
            names.append(record.name)
        }
        return (names, dropped)
    }

    /// Records the publication of a run in the record of its load.
    ///
    /// - Parameters:
    ///   - run: the published run.
    ///   - load: its load.
    ///   - highestValue: the highest value of the incremental column in its result.
    ///   - resultColumns: the names of the columns of its result.
    ///   - addedColumns: those that were added to an existing table.
    ///   - outcome: gets the marks.
    ///   - db: the database, in the publishing transaction, before the run is marked as published.
    /// - Throws: ``StagingError``: `databaseUnusable` if a record is invalid, `unexpected` for an invalid value.
    static func recordPublication(
        of run: RecordedRun, _ load: LoadIntent, highestValue: String?, resultColumns: [String],
        addedColumns: Set<SQLiteName>, outcome: inout PublicationOutcome, _ db: Database
    ) throws {
        let (target, range) = (run.target, load.range)
        // The mark of another table, or in another type, does not apply.
        let previous = try find(load.name, path: target.path, db).flatMap { record in
            record.isInto(target.table) && record.type == range?.type ? record : nil
        }
        outcome.previousMark = previous?.highWaterMark
        let highest = try range.flatMap { range in
            try highestValue.map { try value($0, range, of: run) }
        }
        let (mark, leavesGap) = mark(after: previous, highest: highest, lowerBound: range?.lowerBound)
        (outcome.mark, outcome.leavesGap) = (mark?.text, leavesGap)
        // Before a first run, only the rows that it adopted lack a column: one that it added.
        let isFirst = previous?.runID == nil
        let late = isFirst ? resultColumns.filter { addedColumns.contains(SQLiteName($0)) } : resultColumns
        let above = try range.flatMap { range in
            isFirst && !range.adoptsRows ? nil : try highestPublished(run, load, range, highest, db)
        }
        let columns = LoadRecord.ResultColumn.merging(
            resultColumns, into: LoadRecord.ResultColumn.merging(late, into: previous?.columns ?? [], above: above),
            above: nil)
        try write(
            LoadRecord(
                name: load.name, table: target.table, ifExists: target.ifExists,
                loadColumn: target.loadColumn ?? previous?.loadColumn, incrementalColumn: range?.column,
                type: range?.type, project: run.intent.project, sql: run.intent.sql, parameters: load.parameters,
                highWaterMark: mark?.text, runID: run.intent.runID, isStarted: true, updatedAt: run.updatedAt,
                columns: columns), db)
        // The rows of every load into the table have the column now.
        guard let loadColumn = target.loadColumn else { return }
        try db.execute(
            sql: "UPDATE _bqpull_loads SET load_column = ? WHERE target = ? AND run_id IS NOT NULL",
            arguments: [loadColumn, target.table])
    }

    /// The mark after a publication, and whether it stayed below the highest value because rows between it and the
    /// lower bound were not read.
    private static func mark(
        after previous: LoadRecord?, highest: IncrementalValue?, lowerBound: IncrementalValue?
    ) -> (IncrementalValue?, leavesGap: Bool) {
        guard let previous, previous.isStarted else { return (highest, false) }
        guard let mark = previous.mark else {
            return lowerBound == nil ? (highest, false) : (nil, highest != nil)
        }
        guard let highest, highest > mark else { return (mark, false) }
        if let lowerBound, lowerBound > mark { return (mark, true) }
        return (highest, false)
    }

    private static func value(
        _ text: String, _ range: IncrementalRange, of run: RecordedRun
    ) throws -> IncrementalValue {
        guard let value = IncrementalValue(text, type: range.type) else {
            throw StagingError(
                code: .unexpected,
                message:
                    "the highest value of \(range.column) in the table \(run.target.table) is not a valid \(range.type.name)"
            )
        }
        return value
    }

    /// The highest value that runs of a load have published into the table or adopted; the lowest of its type if all of
    /// these rows are without one.
    private static func highestPublished(
        _ run: RecordedRun, _ load: LoadIntent, _ range: IncrementalRange, _ highest: IncrementalValue?,
        _ db: Database
    ) throws -> String? {
        let history = try PublicationHistory(of: run.target.table, path: run.target.path, db)
        var values = history.publications(of: load.name).map(\.watermark)
        if range.adoptsRows {
            // Adopted rows can be above those of the run.
            let column = SQLiteName.quoted(range.column)
            let table = SQLiteName.quoted(run.target.table)
            values += [
                highest?.text,
                try String.fetchOne(db, sql: "SELECT CAST(max(\(column) COLLATE BINARY) AS TEXT) FROM \(table)"),
            ]
        }
        let highest = values.compactMap { $0.flatMap { IncrementalValue($0, type: range.type) } }.max()
        return (highest ?? .lowest(range.type))?.text
    }
}
