import GRDB

/// A compiled query, with the properties that are known before it runs.
struct PreparedQuery: Sendable {
    /// A referenced view and its compiled query.
    private struct CompiledView: Sendable {
        var table: EmulatedTable
        var translation: SQLTranslation
    }

    var statementType: String
    /// The destination of an EXPORT DATA statement.
    var target: ExportTarget?
    var parameters = QueryParameters()
    /// The parameters that a dry run found undeclared, with their inferred types.
    var undeclaredParameters: [SchemaField] = []
    var translation = SQLTranslation()
    var columns: [ResultColumn] = []
    /// The referenced views, direct and indirect, each after the views that it refers to.
    private var views: [CompiledView] = []

    init(statementType: String, parameters: QueryParameters = QueryParameters()) {
        self.statementType = statementType
        self.parameters = parameters
    }

    var hasViews: Bool { !views.isEmpty }

    /// The translations of the query and of its views.
    var translations: [SQLTranslation] { [translation] + views.map(\.translation) }

    /// The tables read by the query and its views, without the views themselves.
    var tables: [EmulatedTable] {
        var seen: Set<EmulatedTable.Reference> = []
        return translations.flatMap(\.tables).filter {
            !($0.source is EmulatedView) && seen.insert($0.reference).inserted
        }
    }

    /// The total size of the tables, capped at `Int64.max`. BigQuery would count only the referenced columns.
    var bytesProcessed: Int64 {
        tables.map(\.source.logicalBytes).reduce(0) { sum, bytes in
            let (total, isOverflow) = sum.addingReportingOverflow(bytes)
            return isOverflow ? .max : total
        }
    }

    /// The size rounded up to whole megabytes, at least 10 MB per table, as BigQuery bills.
    var bytesBilled: Int64 {
        let megabyte: Int64 = 1 << 20
        let bytes = bytesProcessed
        let wholeMegabytes = bytes > .max - megabyte ? bytes : (bytes + megabyte - 1) / megabyte * megabyte
        return max(wholeMegabytes, Int64(tables.count) * 10 * megabyte)
    }

    /// Adds a referenced view.
    mutating func add(_ query: PreparedQuery, of view: EmulatedTable) {
        for new in query.views + [CompiledView(table: view, translation: query.translation)]
        where !views.contains(where: { $0.table.sqliteName == new.table.sqliteName }) {
            views.append(new)
        }
    }

    /// Calls `body` while the views exist as tables in the database. The caller's transaction isolates them from other
    /// connections, and rolls them back if `body` throws. The tables are empty unless `filled`.
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

/// A query in SQLite's dialect, and its dependencies.
struct SQLTranslation: Sendable {
    var sql = ""
    var tables: [EmulatedTable] = []
    /// All names in the query, to distinguish a column alias from the name that SQLite gives an expression.
    var names: Set<String> = []
    /// The types of the result columns; `nil` for a column whose type depends on its values.
    var columnTypes: [SchemaField?]?
    /// The table and row limit of a query of the form `SELECT * FROM table [LIMIT n]`.
    var wholeTable: (table: EmulatedTable, limit: Int64)?
}
