import Foundation
import GRDB

/// Loads files into tables.
struct TableLoader {
    let catalog: Catalog

    /// Loads a `.csv`, `.jsonl` or `.db` file; of a `.db` file the table that has the name of the new one.
    func load(_ source: EmulatorConfiguration.TableSource) throws {
        let file = try Self.file(source)
        let fields = try Self.schema(for: source.file) ?? file.guessFields()
        let name = catalog.newSQLiteName()
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
        let reference = TableReference(project: catalog.project, dataset: source.dataset, table: source.table)
        let rows = StoredRows(
            database: catalog.database, sqliteName: name, fields: fields, rowCount: rowCount,
            logicalBytes: logicalBytes)
        catalog.register(Table(reference: reference, source: rows, sqliteName: name, created: Date()))
    }

    private static func file(_ source: EmulatorConfiguration.TableSource) throws -> any TableFile {
        switch (source.file as NSString).pathExtension.lowercased() {
        case "csv": return CSVFile(path: source.file)
        case "jsonl", "ndjson", "json": return JSONLinesFile(path: source.file)
        case "db", "sqlite", "sqlite3": return SQLiteFile(path: source.file, table: source.table)
        default:
            throw EmulatorError(
                code: .unreadableFile, message: "\(source.file): not a .csv, .jsonl or .db file",
                hint: "convert the file to one of these")
        }
    }

    /// Where the schema of a data file is looked for: `data/flights.csv` has `data/flights.schema.json`.
    static func schemaPath(for path: String) -> String {
        (path as NSString).deletingPathExtension + ".schema.json"
    }

    private static func schema(for file: String) throws -> [Field]? {
        let path = schemaPath(for: file)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            return try Field.schema(json: JSONParser.parse(Array(data)))
        } catch let error as JSONError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error)")
        } catch let error as SchemaError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error.message)")
        }
    }
}
