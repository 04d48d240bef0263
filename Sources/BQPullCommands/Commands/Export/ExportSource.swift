import BigQuery
import TextSupport

/// What is to be exported.
enum ExportSource: Sendable, Equatable {
    case table(String)
    case query(String)

    /// Tells a table's name from SQL: one word is a name, and so is anything that can be one.
    ///
    /// - Throws: ``CommandError`` for a word that cannot be a name, and for what ``QueryText`` refuses.
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
                ? "take a version of a table with a query: SELECT * FROM dataset.table FOR SYSTEM_TIME AS OF …"
                : "name it DATASET.TABLE or PROJECT.DATASET.TABLE, for example sales.orders, or give the SQL text"
            throw CommandError(
                message: "\"\(printable(argument, limit: 200))\" is neither the name of a table nor SQL",
                exitStatus: .usage, hint: hint)
        }
        self = .query(try QueryText.read(argument, file: nil))
    }
}
