import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// The emulator's tables, and the SQLite database that stores them.
final class Catalog: Sendable {
    private struct State {
        var tables: [EmulatedTable.Reference: EmulatedTable] = [:]
        var lastNumber = 0
    }

    /// The project number, which Google shows in some places instead of the project ID.
    static let projectNumber = "123456789012"

    let project: String
    let location: String
    let database: DatabasePool
    private let state = Mutex(State())

    init(project: String, location: String, database: DatabasePool) {
        self.project = project
        self.location = location
        self.database = database
    }

    /// Returns a table name that is unique in the database.
    func newSQLiteName() -> String {
        state.withLock { state in
            state.lastNumber += 1
            return "rows_\(state.lastNumber)"
        }
    }

    /// Adds or replaces a table.
    func register(_ table: EmulatedTable) {
        state.withLock { state in
            var table = table
            if let old = state.tables[table.reference] {
                table.created = old.created
                table.modified = max(table.modified, old.modified + 1)
            }
            state.tables[table.reference] = table
        }
    }

    func contains(_ reference: EmulatedTable.Reference) -> Bool {
        state.withLock { $0.tables[reference] != nil }
    }

    /// The tables of a dataset, sorted by name. Generated tables are represented by a few sizes.
    func tables(in dataset: String) -> [EmulatedTable] {
        let stored = state.withLock { state in
            state.tables.values.filter {
                $0.reference.dataset == dataset && !$0.isExpired && !($0.source is GeneratedTable)
            }
        }
        let generated = dataset == GeneratedTable.dataset ? GeneratedTable.listedNames : []
        let listed = generated.compactMap { name in
            // A generated table exists for every listed name.
            try? table(EmulatedTable.Reference(project: project, dataset: dataset, table: name))
        }
        return (stored + listed.filter { $0.source is GeneratedTable })
            .sorted { $0.reference.table < $1.reference.table }
    }

    func hasDataset(_ dataset: String) -> Bool {
        dataset == GeneratedTable.dataset
            || state.withLock { state in state.tables.keys.contains { $0.dataset == dataset } }
    }

    /// The dataset names, without those that BigQuery hides.
    var datasets: [String] {
        let loaded = state.withLock { state in state.tables.keys.map(\.dataset) }
        return Set(loaded + [GeneratedTable.dataset]).filter { !$0.hasPrefix("_") }.sorted()
    }

    func remove(_ references: [EmulatedTable.Reference]) {
        state.withLock { state in
            for reference in references { state.tables[reference] = nil }
        }
    }

    /// Returns the table that a request names.
    func table(_ reference: EmulatedTable.Reference) throws(ServiceError) -> EmulatedTable {
        try table(reference, orThrow: .notFound("Table \(reference)"))
    }

    /// Returns the table that a query in this location names.
    func table(_ reference: EmulatedTable.Reference, location: String) throws(ServiceError) -> EmulatedTable {
        guard reference.project == project else {
            throw ServiceError(
                .accessDenied,
                "Access Denied: Table \(reference): User does not have permission to query table \(reference), "
                    + "or perhaps it does not exist.")
        }
        guard hasDataset(reference.dataset), location.uppercased() == self.location.uppercased() else {
            let dataset = "\(reference.project):\(reference.dataset)"
            throw .notFound("Dataset \(dataset) was not found in location \(location)")
        }
        return try table(reference, orThrow: .notFound("Table \(reference) was not found in location \(location)"))
    }

    private func table(_ reference: EmulatedTable.Reference, orThrow error: ServiceError) throws(ServiceError)
        -> EmulatedTable
    {
        let known = state.withLock { state in
            if state.tables[reference]?.isExpired == true { state.tables[reference] = nil }
            return state.tables[reference]
        }
        if let known { return known }
        guard reference.project == project, reference.dataset == GeneratedTable.dataset,
            let generated = GeneratedTable(name: reference.table)
        else { throw error }
        let name = newSQLiteName()
        return state.withLock { state in
            if let known = state.tables[reference] { return known }
            let table = EmulatedTable(reference: reference, source: generated, sqliteName: name)
            state.tables[reference] = table
            return table
        }
    }
}

extension Catalog {
    /// Creates missing SQLite tables; generated ones stay empty.
    func declare(_ tables: [EmulatedTable]) async throws {
        let generated = tables.filter { $0.source is GeneratedTable }
        guard !generated.isEmpty else { return }
        try await database.write { database in
            for table in generated where try !database.tableExists(table.sqliteName) {
                try Self.create(table.sqliteName, table.source.fields, in: database)
            }
        }
    }

    /// Inserts the rows of generated tables into SQLite.
    func fill(_ tables: [EmulatedTable]) async throws {
        for table in tables {
            guard let generated = table.source as? GeneratedTable else { continue }
            try await database.write { database in
                // Checked in the table itself, because a cancelled job rolls its rows back.
                let isFilled = try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM \(table.sqliteName))")
                guard isFilled == false else { return }
                var row: [SQLValue] = []
                let writer = try RowWriter(table: table.sqliteName, fields: generated.fields, in: database)
                for position in 0..<generated.rowCount {
                    generated.writeRow(position, into: &row)
                    try writer.write(row)
                }
            }
        }
    }

    static func create(_ name: String, _ fields: [SchemaField], in database: Database) throws {
        let columns = fields.map(\.sqliteDefinition).joined(separator: ", ")
        try database.execute(sql: "CREATE TABLE \(name) (\(columns))")
    }
}
