import Dispatch
import Foundation
import GRDB

/// Loads files into tables.
struct TableLoader {
    let catalog: Catalog

    /// Loads a `.csv` or `.jsonl` file, the table of the same name in a `.db` file, or a view's query from a `.sql`
    /// file. Replaces an existing table.
    ///
    /// The replaced rows stay available to queries that were compiled before.
    func load(_ source: EmulatorConfiguration.TableSource) throws {
        let reference = EmulatedTable.Reference(project: catalog.project, dataset: source.dataset, table: source.table)
        let name = catalog.newSQLiteName()
        if let view = try Self.view(source) {
            return catalog.register(EmulatedTable(reference: reference, source: view, sqliteName: name))
        }
        let file = try Self.file(source)
        let schema = try SchemaFile(nextTo: source.file)
        let fields = try schema?.fields ?? file.guessFields()
        let (rowCount, logicalBytes) = try catalog.database.write { database in
            try Catalog.create(name, fields, in: database)
            let writer = try RowWriter(table: name, fields: fields, in: database)
            var rowCount: Int64 = 0
            try file.readRows(fields) { row in
                try writer.write(row)
                rowCount += 1
            }
            let columns = fields.map { ResultColumn(name: $0.name, field: $0) }
            let measured = try ResultColumns.measure(
                columns, sqliteNames: fields.map(\.name.quotedIdentifier), table: name, in: database)
            return (rowCount, measured.logicalBytes)
        }
        let rows = StoredRows(
            database: catalog.database, sqliteName: name, fields: fields, rowCount: rowCount,
            logicalBytes: logicalBytes)
        catalog.register(
            EmulatedTable(reference: reference, source: rows, sqliteName: name, properties: schema?.properties ?? [:]))
    }

    /// Loads a file while the server is running. A view is not loaded unless its query compiles.
    func loadWhileRunning(_ source: EmulatorConfiguration.TableSource) async throws {
        try await checkView(source)
        // Reading a file blocks, so it runs outside the cooperative pool.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try load(source) })
            }
        }
    }

    /// Compiles a view's query, which can refer to any table. Does nothing for other files.
    ///
    /// - Throws: an ``EmulatorError`` that names the file.
    func checkView(_ source: EmulatorConfiguration.TableSource) async throws {
        guard let view = try Self.view(source) else { return }
        do {
            try await QueryEngine(catalog: catalog).check(view)
        } catch let error as ServiceError {
            throw EmulatorError(code: .invalidData, message: "\(source.file): \(error.message)")
        }
    }

    private static func view(_ source: EmulatorConfiguration.TableSource) throws -> EmulatedView? {
        guard (source.file as NSString).pathExtension.lowercased() == "sql" else { return nil }
        // Missing, unreadable or not UTF-8.
        guard let text = try? String(contentsOfFile: source.file, encoding: .utf8) else {
            throw EmulatorError.unreadableFile(source.file)
        }
        return EmulatedView(query: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func file(_ source: EmulatorConfiguration.TableSource) throws -> any TableFile {
        switch (source.file as NSString).pathExtension.lowercased() {
        case "csv": return CSVFile(path: source.file)
        case "jsonl", "ndjson", "json": return JSONLinesFile(path: source.file)
        case "db", "sqlite", "sqlite3": return SQLiteFile(path: source.file, table: source.table)
        default:
            throw EmulatorError(
                code: .unreadableFile, message: "\(source.file): not a .csv, .jsonl, .db or .sql file")
        }
    }
}

/// The schema file next to a data file: a list of fields, an object with such a list under `fields`, or a table
/// resource as printed by Google's `bq` tool.
struct SchemaFile {
    let fields: [SchemaField]
    /// The table's properties that the API returns unchanged: the emulator does not apply them.
    private(set) var properties: JSONObject = [:]

    private static let passedThrough = [
        "description", "timePartitioning", "rangePartitioning", "requirePartitionFilter", "clustering",
    ]

    /// Reads the schema file of a data file; `nil` if it does not exist.
    init?(nextTo dataFile: String) throws {
        let path = Self.path(nextTo: dataFile)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            let json = try JSONParser.parse(Array(data))
            fields = try SchemaField.schema(json: json.object?["schema"] ?? json)
            for name in Self.passedThrough {
                if let value = json.object?[name] { properties[name] = value }
            }
        } catch let error as JSONError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error)")
        } catch let error as SchemaError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error.message)")
        }
    }

    /// Returns the path of the schema file: `data/flights.schema.json` for `data/flights.csv`.
    static func path(nextTo dataFile: String) -> String {
        (dataFile as NSString).deletingPathExtension + ".schema.json"
    }
}
