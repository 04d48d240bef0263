package import BigQueryRows

/// The highest value of a column that runs have published into a table.
package struct Watermark: Sendable, Hashable {
    /// The name of the column.
    package var column: String
    /// Its BigQuery type.
    package var type: FieldType
    /// The value in the form of a query parameter of the type; `nil` if all rows have NULL.
    package var value: String?

    /// Creates a watermark.
    package init(column: String, type: FieldType, value: String?) {
        self.column = column
        self.type = type
        self.value = value
    }
}
