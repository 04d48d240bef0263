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
