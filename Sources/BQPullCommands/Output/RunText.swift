import Foundation
import SQLiteStaging
import TextSupport

/// The text of a recorded run.
enum RunText {
    static func text(_ run: RecordedRun) -> String {
        let total = run.statistics.totalRows.map { " of \(Readable.count($0))" } ?? ""
        var lines = [
            "\(printable(run.intent.runID, limit: 200))  \(state(run))",
            "  table    \(printable(run.target.table, limit: 200))\(mode(run.target))",
            "  rows     \(Readable.count(run.rows))\(total)",
        ]
        if let rows = run.published { lines.append("  changes  \(PublishedRowsText.text(rows))") }
        if let load = run.intent.load {
            let highest = run.highestValue.map { "; highest \(printable($0, limit: 100))" } ?? ""
            lines.append("  load     \(LoadText.line(load))\(highest)")
        }
        lines += [
            "  started  \(Readable.time(run.intent.startedAt))",
            "  \(run.finishedAt == nil ? "updated" : "ended  ")  \(Readable.time(run.finishedAt ?? run.updatedAt))",
        ]
        if let job = run.intent.jobID {
            let location = (run.statistics.location ?? run.intent.location).map { "\($0)." } ?? ""
            lines.append("  job      \(printable("\(run.intent.project):\(location)\(job)", limit: 300))")
        }
        let source = printable(run.intent.sql, limit: 120)
        lines.append(run.isQuery ? "  query    \(source)" : "  reads    \(source)")
        if let error = run.error { lines.append("  stopped  \(printable(error, limit: 300))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func state(_ run: RecordedRun) -> String {
        switch run.process {
        case nil: run.state.rawValue
        case 0: "running"
        case let process?: "running in process \(process)"
        }
    }

    private static func mode(_ target: StagingTarget) -> String {
        var parts = [target.ifExists?.rawValue].compactMap(\.self)
        if !target.key.isEmpty { parts.append("key \(printable(target.key.joined(separator: ", "), limit: 300))") }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }
}

extension RecordedRun {
    /// Whether it runs a query; otherwise it reads a table.
    fileprivate var isQuery: Bool { intent.jobID != nil }
}

/// The JSON of a recorded run. The member names are stable.
struct RunSummary: Encodable {
    var runID: String
    var state: String
    var process: Int32?
    var table: String
    var ifExists: String?
    var key: [String]
    var incrementalColumn: String?
    var load: String?
    /// The lower bound, inclusive.
    var since: String?
    /// The upper bound, exclusive.
    var until: String?
    /// The highest value of the incremental column that the run published.
    var highWaterMark: String?
    var rows: Int64
    var totalRows: Int64?
    var rowsInserted: Int64?
    var rowsUpdated: Int64?
    var rowsUnchanged: Int64?
    var rowsDeleted: Int64?
    var rowsOutdated: Int64?
    var rowsInTable: Int64?
    var project: String
    var location: String?
    var jobID: String?
    var sql: String?
    var sourceTable: String?
    var bytesProcessed: Int64?
    var bytesBilled: Int64?
    var dataRead: Int64
    var startedAt: Date
    var updatedAt: Date
    var finishedAt: Date?
    var error: String?
    var acknowledged: Bool?

    private enum CodingKeys: String, CodingKey {
        case state, process, table, ifExists, key, incrementalColumn, load, since, until, highWaterMark, rows,
            totalRows, rowsInserted, rowsUpdated, rowsUnchanged, rowsDeleted, rowsOutdated, rowsInTable, project,
            location, sql, sourceTable, bytesProcessed, bytesBilled, dataRead, startedAt, updatedAt, finishedAt, error,
            acknowledged
        case runID = "runId"
        case jobID = "jobId"
    }

    init(_ run: RecordedRun) {
        runID = run.intent.runID
        state = run.state.rawValue
        process = run.process
        table = run.target.table
        ifExists = run.target.ifExists?.rawValue
        key = run.target.key
        incrementalColumn = run.intent.incrementalColumn
        load = run.intent.load?.name
        since = run.intent.load?.range?.lowerBound?.text
        until = run.intent.load?.range?.upperBound?.text
        highWaterMark = run.highestValue
        rows = run.rows
        totalRows = run.statistics.totalRows
        rowsInserted = run.published?.inserted
        rowsUpdated = run.published?.updated
        rowsUnchanged = run.published?.unchanged
        rowsDeleted = run.published?.deleted
        rowsOutdated = run.published?.outdated
        rowsInTable = run.published?.total
        project = run.intent.project
        location = run.statistics.location
        jobID = run.intent.jobID
        sql = run.isQuery ? run.intent.sql : nil
        sourceTable = run.isQuery ? nil : run.intent.sql
        bytesProcessed = run.statistics.bytesProcessed
        bytesBilled = run.statistics.bytesBilled
        dataRead = run.statistics.wireBytes
        startedAt = run.intent.startedAt
        updatedAt = run.updatedAt
        finishedAt = run.finishedAt
        error = run.error
        acknowledged = run.state == .published ? run.isAcknowledged : nil
    }
}
