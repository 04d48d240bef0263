import RowFormats

extension RowFormatError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .emptyLine: ErrorEntry(
            .badData,
            hint: "name a text for NULL with --null TEXT, or write --format jsonl",
            explanation:
                "A single column has a NULL, which would be an empty line in CSV, and readers of CSV skip those. Give --null TEXT."
        ),
        .invalidNull: ErrorEntry(
            .usage,
            explanation:
                "The text of NULL has a comma, a quote or a line break. Choose another with --null."),
    ]
}
