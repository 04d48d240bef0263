public import BigQueryRows
public import Foundation

/// A load as recorded in the database: what it pulls, and up to which value.
public struct LoadRecord: Sendable {
    /// The name, unique in the database. Compared as SQLite compares names.
    public package(set) var name: String
    /// The table that it adds rows to.
    public package(set) var table: String
    /// The treatment of the existing table in its latest run.
    public package(set) var ifExists: StagingTarget.ExistingTable?
    /// The column with the load's name in each row, if the table has one.
    public package(set) var loadColumn: String?
    /// The incremental column; `nil` for a load that pulls all rows each time.
    public package(set) var incrementalColumn: String?
    /// The BigQuery type of the incremental column.
    public package(set) var type: FieldType?
    /// The project billed for its latest run.
    public package(set) var project: String
    /// The query of its latest run, or the name of the table that it reads.
    public package(set) var sql: String
    /// The parameters of that query, as canonical JSON.
    package var parameters: String
    /// The high-water mark: the highest value published; `nil` if no row had a value, and after a reset.
    public package(set) var highWaterMark: String?
    /// The ID of its latest published run; `nil` after the table was replaced or dropped.
    public package(set) var runID: String?
    /// Whether the next run continues at the mark. If not, it begins from the first row.
    public package(set) var isStarted: Bool
    /// The time of the latest change.
    public package(set) var updatedAt: Date
    /// The columns of its latest result.
    package var columns: [ResultColumn]

    /// A column of a load's results, for the comparison with rows published earlier.
    package struct ResultColumn: Sendable, Hashable, Codable {
        package var name: String
        /// The highest published value of the incremental column when the column was first in a result: rows up to it
        /// can have NULL in the column. `nil` for a column that every published row has.
        package var above: String?

        package init(name: String, above: String? = nil) {
            self.name = name
            self.above = above
        }
    }
}

extension LoadRecord {
    /// Decodes a row of `_bqpull_loads`.
    ///
    /// Throws `databaseUnusable` for an unexpected value.
    init(_ row: ControlRow) throws {
        name = try row.text("name")
        table = try row.text("target")
        ifExists = try row.optionalName("if_exists")
        loadColumn = try row.optionalText("load_column")
        let type = try row.optionalIncrementalType("incremental_type")
        incrementalColumn = type == nil ? nil : try row.text("incremental_column")
        self.type = type
        project = try row.text("project")
        sql = try row.text("sql")
        parameters = try row.text("parameters")
        highWaterMark = try row.optionalIncrementalValue("high_water_mark", type: type)?.text
        runID = try row.optionalText("run_id")
        isStarted = try row.flag("is_started")
        updatedAt = try row.date("updated_at")
        columns = try row.json("columns")
        // The bounds are compared with values of the column.
        for column in columns {
            guard let above = column.above else { continue }
            guard let type, IncrementalValue(above, type: type) != nil else { throw row.unexpected("columns") }
        }
    }

    /// Whether the load adds rows to a table of this name.
    func isInto(_ table: String) -> Bool { SQLiteName(self.table) == SQLiteName(table) }

    /// The high-water mark as a value of the incremental column.
    var mark: IncrementalValue? {
        guard let type, let highWaterMark else { return nil }
        return IncrementalValue(highWaterMark, type: type)
    }

    /// Forgets the rows published so far, which are gone with the table.
    mutating func reset() {
        runID = nil
        highWaterMark = nil
        isStarted = false
        columns = []
        loadColumn = nil
    }
}

extension LoadRecord.ResultColumn {
    /// The columns of a result after those of earlier results.
    ///
    /// - Parameters:
    ///   - names: the columns of the result.
    ///   - columns: those of earlier results.
    ///   - above: the highest value published before; `nil` if no rows were.
    /// - Returns: the earlier columns, then the new ones.
    static func merging(_ names: [String], into columns: [Self], above: String?) -> [Self] {
        let known = Set(columns.map { SQLiteName($0.name) })
        return columns + names.filter { !known.contains(SQLiteName($0)) }.map { Self(name: $0, above: above) }
    }
}
