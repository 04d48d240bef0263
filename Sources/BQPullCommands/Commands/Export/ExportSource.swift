import BigQuery
import TextSupport

/// The source of an export.
enum ExportSource: Sendable, Equatable {
    case table(String)
    case query(String)

    /// Distinguishes a table name from SQL: valid names and single words are names.
    ///
    /// - Throws: ``CommandError`` for a word that is not a valid name, or for SQL that ``QueryText`` rejects.
    init(_ argument: String?, file: String?) throws {
        guard let argument, argument != "-" else {
            self = .query(try QueryText.read(argument, file: file))
            return
        }
        if (try? TableReference(parsing: argument, defaultProject: "any")) != nil {
            self = .table(argument)
            return
        }
        // SQL has at least two words.
        guard argument.contains(where: { $0.isWhitespace || $0 == "(" }) else {
            let hint =
                argument.contains("@")
                ? "read a version of a table with a query: SELECT * FROM dataset.table FOR SYSTEM_TIME AS OF …"
                : "name it DATASET.TABLE or PROJECT.DATASET.TABLE, for example sales.orders, or pass the SQL text"
            throw CommandError(
                .usage, "\"\(printable(argument, limit: 200))\" is neither a table name nor SQL", hint: hint)
        }
        self = .query(try QueryText.read(argument, file: nil))
    }
}
