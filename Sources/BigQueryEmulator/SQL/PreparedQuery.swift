import GRDB

/// A query that compiles, and what is known of it before it runs.
struct PreparedQuery: Sendable {
    /// A view that is read, with its columns, and its query.
    private struct CompiledView: Sendable {
        var table: EmulatedTable
        var translation: SQLTranslation
    }

    var statementType: String
    /// Where an EXPORT DATA statement writes the rows.
    var target: ExportTarget?
    var parameters = QueryParameters()
    var translation = SQLTranslation()
    var columns: [ResultColumn] = []
    /// The views that are read, also by other views, each behind those that it reads itself.
    private var views: [CompiledView] = []

    init(statementType: String, parameters: QueryParameters = QueryParameters()) {
        self.statementType = statementType
        self.parameters = parameters
    }

    var hasViews: Bool { !views.isEmpty }

    /// The query and those of its views.
    var translations: [SQLTranslation] { [translation] + views.map(\.translation) }

    /// The tables that are read, also by views; views themselves are not among them.
    var tables: [EmulatedTable] {
        var seen: Set<EmulatedTable.Reference> = []
        return translations.flatMap(\.tables).filter {
            !($0.source is EmulatedView) && seen.insert($0.reference).inserted
        }
    }

    /// The size of the tables, at most `Int64.max`; BigQuery would count only the columns that the query reads.
    var bytesProcessed: Int64 {
        tables.map(\.source.logicalBytes).reduce(0) { sum, bytes in
            let (total, isOverflow) = sum.addingReportingOverflow(bytes)
            return isOverflow ? .max : total
        }
    }

    /// Whole megabytes, and at least 10 MB for each table, as BigQuery bills.
    var bytesBilled: Int64 {
        let megabyte: Int64 = 1 << 20
        let bytes = bytesProcessed
        let wholeMegabytes = bytes > .max - megabyte ? bytes : (bytes + megabyte - 1) / megabyte * megabyte
        return max(wholeMegabytes, Int64(tables.count) * 10 * megabyte)
    }

    /// Adds a view with its compiled query.
    mutating func add(_ query: PreparedQuery, of view: EmulatedTable) {
        for new in query.views + [CompiledView(table: view, translation: query.translation)]
        where !views.contains(where: { $0.table.sqliteName == new.table.sqliteName }) {
            views.append(new)
        }
    }

    /// Calls `body` while the views are tables in the database. The caller's transaction hides them from others, and
    /// takes them back if `body` fails.
    ///
    /// - Parameter filled: Whether they have their rows, or only their columns.
    func withViews<Result>(filled: Bool, in database: Database, _ body: () throws -> Result) throws -> Result {
        for view in views {
            try Catalog.create(view.table.sqliteName, view.table.source.fields, in: database)
            if filled {
                try database.execute(sql: "INSERT INTO \(view.table.sqliteName) \(view.translation.sql)")
            }
        }
        let result = try body()
        for view in views { try database.execute(sql: "DROP TABLE \(view.table.sqliteName)") }
        return result
    }
}

/// A query in SQLite's words, and what it needs to run.
struct SQLTranslation: Sendable {
    var sql = ""
    var tables: [EmulatedTable] = []
    /// All names in the query, to tell a column's alias from the expression that SQLite calls it by.
    var names: Set<String> = []
    /// The type of each column whose expression is a typed literal, a parameter or a cast; `nil` elsewhere.
    var columnTypes: [SchemaField?]?
    /// The table and the most rows of a query that is no more than `SELECT * FROM table [LIMIT n]`.
    var wholeTable: (table: EmulatedTable, limit: Int64)?
}
