import RowFormats

extension RowFormatError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .emptyLine: ErrorEntry(
            .badData,
            "The only column of a row is NULL, which would be an empty line in CSV, and CSV readers skip empty lines.",
            hint: "pass a text for NULL with --null TEXT, or use --format jsonl"),
        .invalidNull: ErrorEntry(
            .usage, "The text of NULL contains a comma, a quote or a line break.",
            hint: "pass another text with --null"),
        .io: ErrorEntry(.localIO, "A file of rows cannot be created or written.", hint: "check the path and the disk"),
        .outOfOrder: ErrorEntry(.unexpected, "An internal error: rows were written before their columns were known."),
    ]
}
