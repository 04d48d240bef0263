import BigQueryRows
import Foundation
import SQLiteStaging
import TextSupport

/// The text of a recorded load.
enum LoadRecordText {
    static func text(_ load: LoadRecord) -> String {
        var lines = [name(load.name), "  table    \(name(load.table))\(mode(load))"]
        if let column = load.incrementalColumn {
            lines.append("  column   \(name(column))\(load.type.map { " \(printable($0.name, limit: 100))" } ?? "")")
            lines.append("  mark     \(mark(load))")
        }
        lines.append("  run      \(load.runID.map(name) ?? "none since the table was replaced or dropped")")
        lines.append("  updated  \(Readable.time(load.updatedAt))")
        lines.append("  query    \(printable(load.sql, limit: 120))")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The result of a reset.
    static func reset(_ load: LoadRecord) -> String {
        guard load.incrementalColumn != nil else { return "the load \(name(load.name)) has no mark" }
        return "the mark of the load \(name(load.name)): \(mark(load))"
    }

    private static func mode(_ load: LoadRecord) -> String {
        let parts = [
            load.ifExists?.rawValue, load.loadColumn.map { "load column \(name($0))" },
        ].compactMap(\.self)
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    private static func mark(_ load: LoadRecord) -> String {
        guard load.isStarted else { return "none; the next run begins from the first row" }
        return load.highWaterMark.map { printable($0, limit: 100) } ?? "none; no row had a value"
    }

    private static func name(_ text: String) -> String { printable(text, limit: 200) }
}

/// The JSON of a recorded load. The member names are stable.
struct LoadSummary: Encodable {
    var name: String
    var table: String
    var ifExists: String?
    var loadColumn: String?
    var incrementalColumn: String?
    var type: String?
    var project: String
    var sql: String
    var highWaterMark: String?
    var runID: String?
    var updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case name, table, ifExists, loadColumn, incrementalColumn, type, project, sql, highWaterMark, updatedAt
        case runID = "runId"
    }

    init(_ load: LoadRecord) {
        name = load.name
        table = load.table
        ifExists = load.ifExists?.rawValue
        loadColumn = load.loadColumn
        incrementalColumn = load.incrementalColumn
        type = load.type?.name
        project = load.project
        sql = load.sql
        highWaterMark = load.highWaterMark
        runID = load.runID
        updatedAt = load.updatedAt
    }
}
