import Foundation
import GRDB
import GRDBSQLite

/// Compiles and runs queries on the emulator's SQLite database.
struct QueryEngine: Sendable {
    let catalog: Catalog

    /// Compiles a query.
    ///
    /// - Throws: A ``ServiceError`` that says why BigQuery would refuse it, or SQLite does.
    func prepare(_ configuration: QueryConfiguration, location: String) async throws -> PreparedQuery {
        let tokens = try SQLLexer.tokens(of: configuration.query, isLegacy: configuration.isLegacy)
        guard let first = tokens.first else {
            throw ServiceError.invalidQuery("Syntax error: Unexpected end of script")
        }
        guard let type = StatementType.of(tokens) else {
            throw ServiceError.invalidQuery("Syntax error: Unexpected \(first.displayText) \(first.place)")
        }
        guard type == StatementType.select else { return PreparedQuery(statementType: type) }
        let scope = QueryScope(
            catalog: catalog, project: catalog.project, location: location,
            defaultDataset: configuration.defaultDataset, parameters: configuration.parameters,
            isLegacy: configuration.isLegacy)
        var query = PreparedQuery(statementType: type, parameters: configuration.parameters)
        query.translation = try SQLTranslator.translate(tokens, scope: scope)
        try await catalog.declare(query.translation.tables)
        query.columns = try await columns(of: query.translation)
        return query
    }

    /// The schema of the result, found out by running the query where SQLite cannot tell beforehand.
    func schema(of query: PreparedQuery) async throws -> [Field] {
        let known = query.columns.compactMap(\.field)
        if known.count == query.columns.count { return known }
        let rows = try await store(query)
        try await catalog.database.write { try $0.execute(sql: "DROP TABLE \(rows.sqliteName)") }
        return rows.fields
    }

    /// Runs a query to its end and keeps the result.
    func run(_ query: PreparedQuery) async throws -> any RowSource {
        guard query.statementType == StatementType.select else {
            throw Self.failure("\(query.statementType) statements are not run")
        }
        // Computed rows need no copy, whatever their number.
        if let (table, limit) = query.translation.wholeTable, let trips = table.source as? GeneratedTrips {
            return trips.result(limit: limit)
        }
        return try await store(query)
    }

    private func store(_ query: PreparedQuery) async throws -> StoredRows {
        try await catalog.fill(query.translation.tables)
        let name = catalog.newSQLiteName()
        do {
            return try await catalog.database.write { [catalog] database in
                let columns = query.columns.indices.map { "c\($0)" }
                try database.execute(sql: "CREATE TABLE \(name) (\(columns.joined(separator: ", ")))")
                let statement = try database.makeStatement(sql: "INSERT INTO \(name) \(query.translation.sql)")
                query.parameters.bind(to: statement.sqliteStatement)
                defer { sqlite3_reset(statement.sqliteStatement) }
                guard sqlite3_step(statement.sqliteStatement) == SQLITE_DONE else {
                    throw DatabaseError(resultCode: database.lastErrorCode, message: database.lastErrorMessage)
                }
                let rowCount = Int64(database.changesCount)
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

    private func columns(of translation: SQLTranslation) async throws -> [ResultColumn] {
        do {
            return try await catalog.database.read { database in
                let statement = try database.makeStatement(sql: translation.sql)
                return try ResultColumns.describe(statement, translation)
            }
        } catch let error as DatabaseError {
            throw Self.failure(error.message ?? "error \(error.resultCode)")
        }
    }

    private static let advice =
        "this is a stand-in for BigQuery that hands SQL to SQLite; use bqemulator for BigQuery's dialect"

    private static func failure(_ message: String) -> ServiceError {
        .invalidQuery("\(message) (\(advice))")
    }
}

/// A query that compiles, and what is known of it before it runs.
struct PreparedQuery: Sendable {
    var statementType: String
    var parameters = QueryParameters()
    var translation = SQLTranslation()
    var columns: [ResultColumn] = []

    /// The size of the tables that the query names; BigQuery would count only the columns that it reads.
    var bytesProcessed: Int64 {
        Dictionary(translation.tables.map { ($0.reference, $0.source.logicalBytes) }) { first, _ in first }
            .values.reduce(0, +)
    }

    /// Whole megabytes, and at least 10 MB for each table, as BigQuery bills.
    var bytesBilled: Int64 {
        let megabyte: Int64 = 1 << 20
        return max(
            (bytesProcessed + megabyte - 1) / megabyte * megabyte,
            Int64(Set(translation.tables.map(\.reference)).count) * 10 * megabyte)
    }
}

extension SQLToken {
    /// The word as BigQuery's syntax errors print it.
    fileprivate var displayText: String {
        switch kind {
        case .identifier(let name): "identifier \"\(name)\""
        case .quoted(let name): "identifier `\(name)`"
        case .string: "string literal"
        case .bytes: "bytes literal"
        case .number(let text): "number \"\(text)\""
        case .parameter(let name): "\"@\(name)\""
        case .symbol(let symbol): "\"\(symbol)\""
        }
    }
}
