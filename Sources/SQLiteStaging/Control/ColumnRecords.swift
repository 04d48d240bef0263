import BigQueryRows
import GRDB

/// The records in `_bqpull_columns` of the BigQuery columns behind one table.
enum ColumnRecords {
    /// The columns of a table when a run created it; `nil` if no run did.
    static func read(table: String, _ db: Database) throws -> [TargetTable.Column]? {
        guard try db.tableExists("_bqpull_columns") else { return nil }
        // Records changed by another program do not describe a managed table.
        let columns = try Row.fetchAll(
            db,
            sql: """
                SELECT CAST(column_name AS TEXT), CAST(declared_type AS TEXT), is_key IS 1 FROM _bqpull_columns
                WHERE table_name = ? AND column_name IS NOT NULL AND declared_type IS NOT NULL ORDER BY position
                """, arguments: [table]
        ).map { TargetTable.Column(name: $0[0], type: $0[1], isRequired: $0[2]) }
        return columns.isEmpty ? nil : columns
    }

    /// The BigQuery columns behind those of a table, as far as they are known. A record of a column that has another
    /// declared type now is out of date, and left out.
    ///
    /// The columns of a user's own table have no records. They are those of the last run published into it.
    ///
    /// - Throws: `databaseUnusable` if a record is invalid.
    static func fields(
        of existing: TargetTable, in target: StagingTarget, _ db: Database
    ) throws -> [SQLiteName: TableSchema.Field] {
        guard try db.tableExists("_bqpull_columns") else { return [:] }
        let types = Dictionary(
            existing.columns.map { (SQLiteName($0.name), SQLiteName($0.type)) }, uniquingKeysWith: { first, _ in first }
        )
        var fields: [SQLiteName: TableSchema.Field] = [:]
        let rows = try Row.fetchCursor(
            db, sql: "SELECT column_name, declared_type, schema FROM _bqpull_columns WHERE table_name = ?",
            arguments: [target.table])
        while let row = try rows.next() {
            let record = ControlRow(row, table: "_bqpull_columns", path: target.path)
            let name = SQLiteName(try record.text("column_name"))
            guard try types[name] == SQLiteName(record.text("declared_type")) else { continue }
            fields[name] = try record.json("schema")
        }
        guard types.keys.contains(where: { fields[$0] == nil }),
            let last = try PublicationHistory(of: target.table, path: target.path, db).publications.last,
            let schema = try RunLog.find(last.runID, path: target.path, db)?.intent.schema
        else { return fields }
        for (name, field) in zip(schema.fields.distinctNames.map({ SQLiteName($0) }), schema.fields)
        where fields[name] == nil && types[name] == SQLiteName(ColumnType(field).rawValue) {
            fields[name] = field
        }
        return fields
    }

    /// Replaces the records of a table, in the order of its columns.
    static func write(_ columns: [HiddenTable.Column], table: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM _bqpull_columns WHERE table_name = ?", arguments: [table])
        for (position, column) in columns.enumerated() {
            try insert(column, at: position, isKey: column.isKey, table: table, db)
        }
    }

    /// Updates the records of a table that has received rows of these columns, if it has any. A table without records,
    /// or with others, is a user's own: with matching ones, it would count as managed, and be replaced by default.
    ///
    /// - Parameters:
    ///   - columns: the columns of the rows.
    ///   - known: the BigQuery columns behind the table before.
    ///   - added: the names of the columns that were added to the table.
    ///   - table: the table.
    ///   - db: the database.
    /// - Throws: an error of SQLite.
    static func update(
        _ columns: [HiddenTable.Column], known: [SQLiteName: TableSchema.Field], added: Set<SQLiteName>,
        table: String, _ db: Database
    ) throws {
        let last = try Int.fetchOne(
            db, sql: "SELECT max(position) FROM _bqpull_columns WHERE table_name = ?", arguments: [table])
        guard var last else { return }
        for column in columns {
            let field = known[SQLiteName(column.name)].map(column.field.addingMembers) ?? column.field
            try db.execute(
                sql: """
                    UPDATE _bqpull_columns SET
                        bigquery_name = ?, bigquery_type = ?, mode = ?, description = ?, schema = ?
                    WHERE table_name = ? AND column_name = ? COLLATE NOCASE AND declared_type = ?
                    """,
                arguments: [
                    field.name, field.type.name, field.mode.rawValue, field.description,
                    try ControlTables.json(field), table, column.name, column.type.rawValue,
                ])
            guard db.changesCount == 0, added.contains(SQLiteName(column.name)) else { continue }
            last += 1
            // An added column can be NULL.
            try insert(column, at: last, isKey: false, table: table, db)
        }
    }

    private static func insert(
        _ column: HiddenTable.Column, at position: Int, isKey: Bool, table: String, _ db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO _bqpull_columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                table, position, column.name, column.type.rawValue,
                column.field.name, column.field.type.name, column.field.mode.rawValue,
                column.field.description,
                try ControlTables.json(column.field), isKey,
            ])
    }
}

extension TableSchema.Field {
    /// The field with the members of an earlier version that it no longer has, since rows with them are in the table.
    fileprivate func addingMembers(of earlier: Self) -> Self {
        guard type == .structure, earlier.type == .structure else { return self }
        var field = self
        for member in earlier.fields {
            if let index = field.fields.firstIndex(where: { SQLiteName($0.name) == SQLiteName(member.name) }) {
                field.fields[index] = field.fields[index].addingMembers(of: member)
            } else {
                field.fields.append(member)
            }
        }
        return field
    }
}
