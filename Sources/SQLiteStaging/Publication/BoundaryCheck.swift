import BigQueryRows
import GRDB

/// Finds the new rows of an incremental append that are in the table already, and drops them from the hidden table.
///
/// It compares multisets: of a group of equal rows, as many are dropped as the table has copies. Only rows in the
/// overlap of the new rows and the table are compared, by one sort. NULLs are equal, and text is compared byte by byte.
/// The names of columns do not occur in the sort, since they could be those of its own columns.
struct BoundaryCheck {
    private let hidden: HiddenTable
    private let existing: TargetTable
    private let target: StagingTarget
    private let load: LoadIntent
    private let range: IncrementalRange
    /// The compared columns.
    private let columns: [HiddenTable.Column]
    /// The position of the incremental column among them.
    private let place: Int

    /// The number of columns of the queries besides those that are compared.
    static let extraColumnCount = 8

    /// Prepares the check; `nil` if the load pulls all rows each time.
    ///
    /// - Parameters:
    ///   - hidden: the new rows.
    ///   - existing: the table.
    ///   - target: names the table and its load column.
    ///   - load: the load that the rows belong to.
    /// - Throws: `unknownColumn` if the result does not have the incremental column.
    init?(_ hidden: HiddenTable, existing: TargetTable, target: StagingTarget, load: LoadIntent) throws {
        guard let range = load.range else { return nil }
        columns = hidden.resultColumns
        guard let place = columns.firstIndex(where: { SQLiteName($0.field.name) == SQLiteName(range.column) }) else {
            throw StagingError(code: .unknownColumn, message: "the result has no column \(range.column)")
        }
        self.hidden = hidden
        self.existing = existing
        self.target = target
        self.load = load
        self.range = range
        self.place = place
    }

    /// The values of the incremental column in the new rows.
    private struct Span {
        var lowest: DatabaseValue
        var highest: DatabaseValue
        var hasNulls: Bool
    }

    /// Drops the rows that are in the table already.
    ///
    /// - Parameters:
    ///   - added: the columns that the table did not have before.
    ///   - db: the database.
    /// - Returns: the number of dropped rows.
    /// - Throws: `databaseUnusable` if the record of the load is invalid.
    func dropCopies(added: Set<SQLiteName>, _ db: Database) throws -> Int64 {
        let column = SQLiteName.quoted(columns[place].name)
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT min(\(column)), max(\(column)), count(*) > count(\(column))
                FROM \(SQLiteName.quoted(hidden.name))
                """)
        guard let row, let rowID = hidden.rowIDName else { return 0 }
        let span = Span(lowest: row[0], highest: row[1], hasNulls: row[2])
        guard !span.lowest.isNull || span.hasNulls else { return 0 }

        let late = try lateColumns(in: span, added: added, db)
        let (rows, arguments) = overlap(span, rowID: rowID)
        try adopt(rows, arguments, late: late, db)
        let copies =
            late.isEmpty
            ? copiesByOneSort(rows) : "\(rows), \(matches(late)) SELECT id FROM matches WHERE origin = 1"
        try db.execute(
            sql: "DELETE FROM \(SQLiteName.quoted(hidden.name)) WHERE \(rowID) IN (\(copies))", arguments: arguments)
        return Int64(db.changesCount)
    }

    /// Gives the copies without a load in the table the name of this load, so that no other load takes them for its own.
    ///
    /// Rows that the load adopted before the table had a load column are among them.
    private func adopt(
        _ rows: String, _ arguments: StatementArguments, late: [LateColumns], _ db: Database
    ) throws {
        guard let loadColumn = target.loadColumn, let rowID = existing.rowIDName else { return }
        let hasUnassigned = try Bool.fetchOne(
            db, sql: "\(rows) SELECT EXISTS (SELECT 1 FROM old WHERE is_unassigned)", arguments: arguments)
        guard hasUnassigned == true else { return }
        let copies = "\(rows), \(matches(late)) SELECT id FROM matches WHERE origin = 0 AND is_unassigned"
        try db.execute(
            sql: """
                UPDATE \(SQLiteName.quoted(target.table)) SET \(SQLiteName.quoted(loadColumn)) = ?
                WHERE \(rowID) IN (\(copies))
                """,
            arguments: [load.name] + arguments)
    }

    // MARK: Columns

    /// Columns that rows in the overlap may have been published without.
    private struct LateColumns {
        var positions: Set<Int>
        /// Whether other rows were published with them. If not, they can have any value, such as a default.
        var areNull: Bool
    }

    /// The columns that rows in the overlap may have been published without, in groups: the latest first.
    private func lateColumns(in span: Span, added: Set<SQLiteName>, _ db: Database) throws -> [LateColumns] {
        let record = try LoadRecords.find(load.name, path: target.path, db)
        let known = record?.runID != nil && record?.isInto(target.table) == true ? record?.columns ?? [] : []
        var groups: [IncrementalValue?: Set<Int>] = [:]
        for (position, column) in columns.enumerated() where position != place {
            let name = SQLiteName(column.name)
            if !known.isEmpty {
                guard let column = known.first(where: { SQLiteName($0.name) == name }) else {
                    groups[nil, default: []].insert(position)
                    continue
                }
                guard let above = column.above.flatMap({ IncrementalValue($0, type: range.type) }) else { continue }
                let lowest = Self.text(span.lowest).flatMap { IncrementalValue($0, type: range.type) }
                guard span.hasNulls || lowest.map({ $0 <= above }) == true else { continue }
                groups[above, default: []].insert(position)
            } else if added.contains(name) {
                groups[nil, default: []].insert(position)
            }
        }
        return groups.sorted { one, other in
            guard let value = one.key else { return other.key != nil }
            return other.key.map { value > $0 } ?? false
        }.map { LateColumns(positions: $1, areNull: range.adoptsRows || $0 != nil) }
    }

    private static func text(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .int64(let number): String(number)
        case .string(let text): text
        case .null, .double, .blob: nil
        }
    }

    // MARK: SQL

    /// Queries for the rows of both sides: `both`, with `origin` 0 for the table and 1 for new rows.
    private func overlap(_ span: Span, rowID: String) -> (sql: String, arguments: StatementArguments) {
        let column = "\(SQLiteName.quoted(columns[place].name)) COLLATE BINARY"
        let isNull = span.hasNulls ? " OR \(column) IS NULL" : ""
        var old = "(\(column) BETWEEN ? AND ?\(isNull))"
        var arguments: StatementArguments = [span.lowest, span.highest]
        var isUnassigned = "0"
        if let loadColumn = target.loadColumn {
            isUnassigned = "\(SQLiteName.quoted(loadColumn)) IS NULL"
            old += " AND (\(LoadLabels.condition(loadColumn)) OR \(isUnassigned))"
            arguments += [load.name]
        }
        let values = columns.enumerated().map { "\(SQLiteName.quoted($1.name)) AS c\($0)" }.joined(separator: ", ")
        // Rows above the highest in the table are not sorted. The schema keeps a table `old` apart from the query.
        let sql = """
            WITH old AS (
                SELECT \(existing.rowIDName ?? "0") AS id, \(isUnassigned) AS is_unassigned, \(values)
                FROM main.\(SQLiteName.quoted(target.table)) WHERE \(old)
            ),
            both AS (
                SELECT 0 AS origin, * FROM old
                UNION ALL
                SELECT 1, \(rowID), 0, \(values) FROM \(SQLiteName.quoted(hidden.name))
                WHERE \(column) <= (SELECT max(c\(place) COLLATE BINARY) FROM old)\(isNull)
            )
            """
        return (sql, arguments)
    }

    /// A query for the IDs of new rows that are in the table already.
    private func copiesByOneSort(_ rows: String) -> String {
        """
        \(rows)
        SELECT id FROM (
            SELECT id, origin, sum(1 - origin) OVER run AS copies, sum(origin) OVER run AS place FROM both
            WINDOW run AS (
                PARTITION BY \(list(without: [])) ORDER BY origin, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            )
        ) WHERE origin = 1 AND place <= copies
        """
    }

    /// Queries for the rows of both sides that are equal to one of the other side: `matches`.
    ///
    /// First all columns are compared. Then the remaining rows are compared without the latest group of columns, with
    /// the rows of the table that were published without it, and so on.
    private func matches(_ late: [LateColumns]) -> String {
        var queries: [String] = []
        var (ignored, null): (Set<Int>, Set<Int>) = ([], [])
        for stage in 0...late.count {
            var source = "both"
            if stage > 0 {
                let group = late[stage - 1]
                ignored.formUnion(group.positions)
                if group.areNull { null.formUnion(group.positions) }
                let names = (["NULL"] + null.sorted().map { "c\($0)" }).joined(separator: ", ")
                let nulls = (["NULL"] + null.map { _ in "NULL" }).joined(separator: ", ")
                source = """
                    (
                        SELECT * FROM stage\(stage - 1) WHERE CASE origin
                            WHEN 1 THEN place > old_count
                            ELSE place > new_count AND (\(names)) IS (\(nulls))
                        END
                    )
                    """
            }
            let values = ["origin", "id", "is_unassigned"] + columns.indices.map { "c\($0)" }
            queries.append(
                """
                stage\(stage) AS (
                    SELECT \(values.joined(separator: ", ")),
                        row_number() OVER (
                            PARTITION BY \(list(without: ignored)), origin ORDER BY is_unassigned, id
                        ) AS place,
                        sum(1 - origin) OVER (PARTITION BY \(list(without: ignored))) AS old_count,
                        sum(origin) OVER (PARTITION BY \(list(without: ignored))) AS new_count
                    FROM \(source)
                )
                """)
        }
        let selections = (0...late.count).map {
            """
            SELECT origin, id, is_unassigned FROM stage\($0)
            WHERE place <= CASE origin WHEN 1 THEN old_count ELSE new_count END
            """
        }
        queries.append("matches AS (\(selections.joined(separator: " UNION ALL ")))")
        return queries.joined(separator: ", ")
    }

    /// The compared columns. The incremental column is the first, since it differs in most rows.
    private func list(without ignored: Set<Int>) -> String {
        ([place] + columns.indices.filter { $0 != place && !ignored.contains($0) })
            .map { "c\($0) COLLATE BINARY" }.joined(separator: ", ")
    }
}
