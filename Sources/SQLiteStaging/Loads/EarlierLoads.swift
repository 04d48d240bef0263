import BigQueryRows
import Foundation
import GRDB

/// The incremental commands that versions without loads have published into a table since a run made it.
///
/// The mark of a single command belongs to a load with the name of the table. Those versions had one mark per table, so
/// the marks of several commands are unknown.
struct EarlierLoads {
    /// The load of the only command; `nil` if there are several, or if its mark is not a value.
    private(set) var load: LoadRecord?
    /// The commands whose mark belongs to no load.
    private(set) var unassigned: [UnassignedLoad] = []
    /// The published runs of the load.
    private var runIDs: Set<String> = []
    private var history: PublicationHistory

    /// Reads those of all tables.
    static func all(path: String, _ db: Database) throws -> [EarlierLoads] {
        guard try db.tableExists("_bqpull_runs") else { return [] }
        // Version 1 had no incremental runs, and is migrated before it is read.
        let tables = try RunLog.records(
            """
            SELECT DISTINCT target FROM _bqpull_runs
            WHERE state = 'published' AND incremental_column IS NOT NULL ORDER BY target
            """, path: path, db)
        return try tables.map { try EarlierLoads(into: try $0.text("target"), path: path, db) }
    }

    /// Reads those of a table.
    ///
    /// - Throws: ``StagingError``: `databaseUnusable` if a record is invalid.
    init(into table: String, path: String, _ db: Database) throws {
        history = try PublicationHistory(of: table, path: path, db)
        let runs = history.publications.filter { $0.load == nil && $0.incrementalColumn != nil }
        guard let last = runs.last else { return }
        let isMigrated = try ControlTables.exist(in: db)
        if !isMigrated, runs.allSatisfy({ $0.command == last.command }),
            let load = try Self.load(of: runs, into: table, path: path, db)
        {
            self.load = load
            runIDs = Set(runs.map(\.runID))
            return
        }
        var commands: [String] = []
        for run in runs where !commands.contains(run.command) { commands.append(run.command) }
        unassigned = commands.map { command in
            let runs = runs.filter { $0.command == command }
            return UnassignedLoad(
                sql: runs.last?.sql ?? "", parameters: Self.parameters(of: command),
                // Without rows, a run recorded the mark of the table.
                highWaterMark: runs.last { $0.rows > 0 }?.watermark)
        }
    }

    /// The load of the runs of one command; `nil` if the last schema or mark does not suit an incremental column.
    private static func load(
        of runs: [PublicationHistory.Publication], into table: String, path: String, _ db: Database
    ) throws -> LoadRecord? {
        guard let last = runs.last, let name = last.incrementalColumn else { return nil }
        var columns: [LoadRecord.ResultColumn] = []
        var (field, schema): (TableSchema.Field?, String?)
        var (mark, updatedAt): (IncrementalValue?, Date) = (nil, .distantPast)
        for (index, run) in runs.enumerated() {
            let found = try RunLog.records(
                "SELECT schema, updated_at FROM _bqpull_runs WHERE run_id = ?", [run.runID], path: path, db)
            guard let record = found.first, let text = try record.optionalText("schema") else { return nil }
            // The schemas of most runs are equal.
            if text != schema {
                let fields = (try record.json("schema") as TableSchema).fields
                field = fields.first { SQLiteName($0.name) == SQLiteName(name) }
                guard let type = field?.type, let lowest = IncrementalValue.lowest(type) else { return nil }
                columns = LoadRecord.ResultColumn.merging(
                    fields.distinctNames, into: columns, above: index == 0 ? nil : (mark ?? lowest).text)
                schema = text
            }
            if let watermark = run.watermark {
                guard let value = field.flatMap({ IncrementalValue(watermark, type: $0.type) }) else { return nil }
                mark = value
            }
            updatedAt = try record.date("updated_at")
        }
        guard let field, columns.allSatisfy({ $0.above.map { IncrementalValue($0, type: field.type) != nil } ?? true })
        else { return nil }
        return LoadRecord(
            name: table, table: table, ifExists: last.ifExists, loadColumn: nil, incrementalColumn: field.name,
            type: field.type, project: last.project, sql: last.sql, parameters: parameters(of: last.command),
            highWaterMark: mark?.text, runID: last.runID, isStarted: true, updatedAt: updatedAt, columns: columns)
    }

    /// The parameters of a query as canonical JSON, from the command that contains them.
    private static func parameters(of command: String) -> String {
        let object = try? JSONSerialization.jsonObject(with: Data(command.utf8)) as? [String: Any]
        guard let parameters = object?["parameters"] as? [Any],
            let json = try? JSONSerialization.data(
                withJSONObject: parameters, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return "[]" }
        return String(decoding: json, as: UTF8.self)
    }

    // MARK: Migration

    /// Records the loads of a file of an earlier version, and drops its unfinished incremental runs, which no load can
    /// continue.
    ///
    /// Call it in the transaction that updates the tables, before the version changes.
    static func migrate(path: String, _ db: Database) throws {
        for earlier in try all(path: path, db) {
            guard let load = earlier.load else { continue }
            try LoadRecords.write(load, at: load.updatedAt, db)
            for runID in earlier.runIDs {
                try db.execute(
                    sql: "UPDATE _bqpull_runs SET load = ?, parameters = ? WHERE run_id = ?",
                    arguments: [load.name, load.parameters, runID])
            }
            guard let rowIDs = try earlier.rowIDs(of: load, db) else { continue }
            try db.execute(
                sql: "UPDATE _bqpull_runs SET first_row_id = ?, last_row_id = ? WHERE run_id = ?",
                arguments: [rowIDs.lowerBound, rowIDs.upperBound, load.runID])
        }
        let unfinished = try RunLog.unfinishedWithoutLoad(path: path, db)
        for run in unfinished { try RunLog.drop(run.intent.runID, as: .discarded, db) }
        try db.execute(sql: "UPDATE _bqpull_runs SET publication = rowid WHERE state = 'published'")
    }

    /// The row IDs of the table, if all of its rows are those of the load.
    private func rowIDs(of load: LoadRecord, _ db: Database) throws -> ClosedRange<Int64>? {
        var history = history
        history.assign(load.name, to: runIDs)
        guard try !history.hasRowsWithoutLoad(after: nil, db) else { return nil }
        // A primary key can be the row ID, and change.
        let columns = try Row.fetchAll(db, sql: "SELECT name, pk FROM pragma_table_xinfo(?)", arguments: [load.table])
        guard columns.allSatisfy({ $0["pk"] == 0 }),
            let rowID = SQLiteName.rowID(besides: columns.map { $0["name"] })
        else { return nil }
        return try Publication.rowIDs(in: load.table, name: rowID, above: nil, db)
    }
}
