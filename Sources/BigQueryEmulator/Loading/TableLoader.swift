import Dispatch
import Foundation
import GRDB

/// Loads files into tables.
struct TableLoader {
    let catalog: Catalog

    /// Loads a `.csv`, `.jsonl` or `.db` file, of a `.db` file the table that has the name of the new one, or a view's
    /// query from a `.sql` file. A table that was there before is replaced.
    ///
    /// The rows from before stay for queries that were compiled when they were the table's.
    func load(_ source: EmulatorConfiguration.TableSource) throws {
        let reference = EmulatedTable.Reference(project: catalog.project, dataset: source.dataset, table: source.table)
        let name = catalog.newSQLiteName()
        if let view = try Self.view(source) {
            return catalog.register(EmulatedTable(reference: reference, source: view, sqliteName: name))
        }
        let file = try Self.file(source)
        let schema = try SchemaFile(beside: source.file)
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

    /// Loads a file while requests are answered; a view whose query does not compile is not loaded.
    func loadWhileRunning(_ source: EmulatorConfiguration.TableSource) async throws {
        try await checkView(source)
        // On a thread that may wait: reading a file blocks.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try load(source) })
            }
        }
    }

    /// Compiles a view's query, which may name any table. A file of rows passes.
    ///
    /// - Throws: An ``EmulatorError`` that names the file.
    func checkView(_ source: EmulatorConfiguration.TableSource) async throws {
        guard let view = try Self.view(source) else { return }
        do {
            try await QueryEngine(catalog: catalog).check(view)
        } catch let error as ServiceError {
            throw EmulatorError(
                code: .invalidData, message: "\(source.file): \(error.message)", hint: "correct the view's query")
        }
    }

    private static func view(_ source: EmulatorConfiguration.TableSource) throws -> EmulatedView? {
        guard (source.file as NSString).pathExtension.lowercased() == "sql" else { return nil }
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
                code: .unreadableFile, message: "\(source.file): not a .csv, .jsonl, .db or .sql file",
                hint: "convert the file to one of these")
        }
    }
}

/// The file beside a data file that describes its columns: a list of fields, an object that has one under `fields`,
/// or a table as `bq show --format=json` prints it.
struct SchemaFile {
    let fields: [SchemaField]
    /// What a table's description tells besides, which the emulator tells again and does not act upon.
    private(set) var properties: JSONObject = [:]

    private static let passedThrough = [
        "description", "timePartitioning", "rangePartitioning", "requirePartitionFilter", "clustering",
    ]

    /// Reads the file beside a data file; `nil` if there is none.
    init?(beside dataFile: String) throws {
        let path = Self.path(beside: dataFile)
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

    /// Where the schema of a data file is looked for: `data/flights.csv` has `data/flights.schema.json`.
    static func path(beside dataFile: String) -> String {
        (dataFile as NSString).deletingPathExtension + ".schema.json"
    }
}
