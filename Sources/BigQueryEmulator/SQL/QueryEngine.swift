import Foundation
import GRDB
import GRDBSQLite

/// Compiles and runs queries on the emulator's SQLite database.
struct QueryEngine: Sendable {
    let catalog: Catalog

    /// Compiles a query.
    ///
    /// - Parameters:
    ///   - configuration: the query.
    ///   - location: the location of the job.
    ///   - isDryRun: whether the query is only validated. It can then have undeclared parameters, and call functions
    ///     that the emulator cannot run.
    /// - Returns: the compiled query.
    /// - Throws: a ``ServiceError`` if BigQuery would reject the query, or SQLite does.
    func prepare(
        _ configuration: QueryConfiguration, location: String, isDryRun: Bool = false
    ) async throws -> PreparedQuery {
        try await prepare(configuration, location: location, isDryRun: isDryRun, viewLevel: 0)
    }

    private func prepare(
        _ configuration: QueryConfiguration, location: String, isDryRun: Bool, viewLevel: Int
    ) async throws -> PreparedQuery {
        let text = try SQLLexer.tokens(of: configuration.query, isLegacy: configuration.isLegacy)
        let tokens = try SQLScript(text, isDryRun: isDryRun).statement
        guard let first = tokens.first else {
            throw ServiceError.invalidQuery("Syntax error: Unexpected end of script")
        }
        guard let type = StatementType.of(tokens) else {
            throw ServiceError.invalidQuery("Syntax error: Unexpected \(first.displayText) \(first.place)")
        }
        if type == StatementType.exportData, !configuration.isLegacy {
            let statement = try ExportStatement(tokens)
            guard StatementType.of(statement.query) == StatementType.select else {
                throw ServiceError.invalidQuery("Syntax error: EXPORT DATA expects a query")
            }
            var query = try await prepare(
                statement.query, configuration, location: location, isDryRun: isDryRun, viewLevel: viewLevel)
            query.statementType = type
            query.target = statement.target
            return query
        }
        guard type == StatementType.select else { return PreparedQuery(statementType: type) }
        return try await prepare(
            tokens, configuration, location: location, isDryRun: isDryRun, viewLevel: viewLevel)
    }

    private func prepare(
        _ tokens: [SQLToken], _ configuration: QueryConfiguration, location: String, isDryRun: Bool, viewLevel: Int
    ) async throws -> PreparedQuery {
        let undeclared = isDryRun ? configuration.undeclaredParameters(in: tokens) : []
        var parameters = configuration.parameters
        // Their types are inferred once the tables are known.
        for name in undeclared { parameters.declare(SchemaField(name: name, type: .int64)) }
        let scope = QueryScope(
            catalog: catalog, project: catalog.project, location: location,
            defaultDataset: configuration.defaultDataset, parameters: parameters, isLegacy: configuration.isLegacy)
        var query = PreparedQuery(statementType: StatementType.select, parameters: configuration.parameters)
        query.translation = try SQLTranslator.translate(tokens, scope: scope)
        for index in query.translation.tables.indices {
            guard let view = query.translation.tables[index].source as? EmulatedView else { continue }
            let (compiled, viewQuery) = try await compile(view, location: location, level: viewLevel + 1)
            query.translation.tables[index].source = compiled
            query.add(viewQuery, of: query.translation.tables[index])
        }
        try await catalog.declare(query.translation.tables)
        let tables = query.translation.tables
        func fields(_ path: String) -> [SchemaField]? {
            let reference = try? scope.reference(path)
            return tables.first { $0.reference == reference }?.source.fields
        }
        var types = TypeInference(tokens, parameters: configuration.parameters, fields: fields)
        if !undeclared.isEmpty {
            query.undeclaredParameters = try types.undeclared(undeclared)
            for field in query.undeclaredParameters { query.parameters.declare(field) }
            types = TypeInference(tokens, parameters: query.parameters, fields: fields)
        }
        query.translation.columnTypes = types.columns
        query.columns = try await columns(of: query)
        return query
    }

    /// Returns a table's row source; a view is compiled first, so that its columns are known.
    func compiled(_ source: any RowSource) async throws -> any RowSource {
        guard let view = source as? EmulatedView else { return source }
        return try await compile(view, location: catalog.location, level: 1).view
    }

    private func compile(
        _ view: EmulatedView, location: String, level: Int
    ) async throws -> (view: EmulatedView, query: PreparedQuery) {
        let query = try await prepare(view, location: location, level: level)
        var view = view
        view.fields = try await schema(of: query)
        return (view, query)
    }

    private func prepare(_ view: EmulatedView, location: String, level: Int) async throws -> PreparedQuery {
        guard level <= Self.viewLevels else {
            throw ServiceError.invalidQuery("Views are nested more than \(Self.viewLevels) levels deep")
        }
        let configuration = try QueryConfiguration(
            json: ["query": .string(view.query), "useLegacySql": false], project: catalog.project)
        let query = try await prepare(configuration, location: location, isDryRun: false, viewLevel: level)
        guard query.statementType == StatementType.select else {
            throw ServiceError.invalidQuery("A view must be a SELECT statement, not \(query.statementType)")
        }
        return query
    }

    /// Compiles a view's query without running it.
    func check(_ view: EmulatedView) async throws {
        _ = try await prepare(view, location: catalog.location, level: 1)
    }

    /// BigQuery's limit of nested views.
    private static let viewLevels = 16

    /// Returns the schema of the result. Runs the query if SQLite cannot determine all types in advance.
    func schema(of query: PreparedQuery) async throws -> [SchemaField] {
        let known = query.columns.compactMap(\.field)
        if known.count == query.columns.count { return known }
        let rows = try await store(query)
        try await catalog.database.write { try $0.execute(sql: "DROP TABLE \(rows.sqliteName)") }
        return rows.fields
    }

    /// Runs a query to completion and stores the result.
    func run(_ query: PreparedQuery) async throws -> any RowSource {
        guard query.statementType == StatementType.select || query.target != nil else {
            throw Self.failure("\(query.statementType) statements are not supported")
        }
        // Generated rows are not copied, whatever their number.
        if let (table, limit) = query.translation.wholeTable, let generated = table.source as? GeneratedTable {
            return generated.result(limit: limit)
        }
        return try await store(query)
    }

    private func store(_ query: PreparedQuery) async throws -> StoredRows {
        try await catalog.fill(query.tables)
        let name = catalog.newSQLiteName()
        do {
            return try await catalog.database.write { [catalog] database in
                let columns = query.columns.indices.map { "c\($0)" }
                try database.execute(sql: "CREATE TABLE \(name) (\(columns.joined(separator: ", ")))")
                let rowCount = try query.withViews(filled: true, in: database) {
                    let statement = try database.makeStatement(sql: "INSERT INTO \(name) \(query.translation.sql)")
                    query.parameters.bind(to: statement.sqliteStatement)
                    defer { sqlite3_reset(statement.sqliteStatement) }
                    guard sqlite3_step(statement.sqliteStatement) == SQLITE_DONE else {
                        throw DatabaseError(resultCode: database.lastErrorCode, message: database.lastErrorMessage)
                    }
                    return Int64(database.changesCount)
                }
                let (fields, bytes) = try ResultColumns.measure(
                    query.columns, sqliteNames: columns, table: name, in: database)
                return StoredRows(
                    database: catalog.database, sqliteName: name, fields: fields, rowCount: rowCount,
                    logicalBytes: bytes)
            }
        } catch let error as DatabaseError where error.resultCode != .SQLITE_INTERRUPT {
            throw Self.failure(error.message ?? "error \(error.resultCode)")
        }
    }

    private func columns(of query: PreparedQuery) async throws -> [ResultColumn] {
        @Sendable func describe(_ database: Database) throws -> [ResultColumn] {
            let statement = try database.makeStatement(sql: query.translation.sql)
            return try ResultColumns.describe(statement, query.translation)
        }
        do {
            guard query.hasViews else { return try await catalog.database.read(describe) }
            return try await catalog.database.write { database in
                try query.withViews(filled: false, in: database) { try describe(database) }
            }
        } catch let error as DatabaseError {
            throw Self.failure(error.message ?? "error \(error.resultCode)")
        }
    }

    private static let note =
        "the emulator runs SQL on SQLite; use bqemulator for BigQuery's dialect"

    private static func failure(_ message: String) -> ServiceError {
        .invalidQuery("\(message) (\(note))")
    }
}

extension SQLToken {
    /// The token as it appears in BigQuery's syntax errors.
    fileprivate var displayText: String {
        switch kind {
        case .identifier(let name): "identifier \"\(name)\""
        case .quoted(let name): "identifier `\(name)`"
        case .string: "string literal"
        case .bytes: "bytes literal"
        case .number(let text): "number \"\(text)\""
        case .parameter(let name): "\"@\(name)\""
        case .positional: "\"?\""
        case .symbol(let symbol): "\"\(symbol)\""
        }
    }
}

/// The name resolution context of a query.
struct QueryScope: Sendable {
    var catalog: Catalog
    var project: String
    var location: String
    var defaultDataset: (project: String, dataset: String)?
    var parameters: QueryParameters
    var isLegacy: Bool

    /// Resolves a table path of one to three parts; `project:dataset.table` in legacy SQL.
    func reference(_ path: String) throws(ServiceError) -> EmulatedTable.Reference {
        var rest = path[...]
        var project = project
        if isLegacy, let colon = path.lastIndex(of: ":") {
            project = String(path[..<colon])
            rest = path[path.index(after: colon)...]
        }
        // A project ID can contain dots; only the last two separate the parts.
        var parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        let table = String(parts.removeLast())
        guard let dataset = parts.popLast() else {
            guard let defaultDataset else {
                let message = "Table \"\(path)\" must be qualified with a dataset (e.g. dataset.table)."
                throw ServiceError(.invalid, message)
            }
            return EmulatedTable.Reference(
                project: defaultDataset.project, dataset: defaultDataset.dataset, table: table)
        }
        if !parts.isEmpty { project = parts.joined(separator: ".") }
        return EmulatedTable.Reference(project: project, dataset: String(dataset), table: table)
    }
}
