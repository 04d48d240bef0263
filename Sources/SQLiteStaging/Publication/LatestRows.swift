import GRDB

extension HiddenTable {
    /// The rows that were dropped because another row of their key is kept.
    struct DroppedRows {
        /// Rows with a lower value in the latest column.
        var outdated: Int64 = 0
        /// Rows that are equal to the one that is kept.
        var equal: Int64 = 0
    }

    /// Keeps of each key the row with the highest value in the latest column, where NULL is the lowest, and creates the
    /// key. Equal rows count once.
    ///
    /// - Throws: `keyViolated` if two different rows of a key have the highest value.
    func keepLatestRows(_ db: Database) throws -> DroppedRows {
        var dropped = DroppedRows()
        guard let latest, let rowID = rowIDName else { return dropped }
        // Most results have one row for each key, and need no sort.
        if try createKey(db) { return dropped }
        dropped.outdated = try drop(
            """
            SELECT \(rowID) AS id, rank() OVER (
                PARTITION BY \(SQLiteName.list(key)) ORDER BY \(SQLiteName.quoted(latest.name)) DESC
            ) AS place FROM \(SQLiteName.quoted(name))
            """, db)
        if try createKey(db) { return dropped }
        dropped.equal = try drop(
            """
            SELECT \(rowID) AS id, row_number() OVER (
                PARTITION BY \(SQLiteName.list(columns.map(\.name))) ORDER BY \(rowID)
            ) AS place FROM \(SQLiteName.quoted(name))
            """, db)
        if try createKey(db) { return dropped }
        throw try duplicateKey(db)
    }

    /// Drops the rows that are not the first of their kind.
    ///
    /// - Parameters:
    ///   - places: a query for the ID of each row, and its place among the rows of its kind.
    ///   - db: the database.
    /// - Returns: the number of dropped rows.
    /// - Throws: an error of SQLite.
    private func drop(_ places: String, _ db: Database) throws -> Int64 {
        guard let rowID = rowIDName else { return 0 }
        try db.execute(
            sql: """
                DELETE FROM \(SQLiteName.quoted(name)) WHERE \(rowID) IN (SELECT id FROM (\(places)) WHERE place > 1)
                """)
        return Int64(db.changesCount)
    }
}
