public import BigQueryRows

/// The highest value of a column that runs have published into a table.
public struct Watermark: Sendable, Hashable {
    /// The name of the column.
    public var column: String
    /// Its BigQuery type.
    public var type: FieldType
    /// The value in the form of a query parameter of the type; `nil` if all rows have NULL.
    public var value: String?

    /// Creates a watermark.
    public init(column: String, type: FieldType, value: String?) {
        self.column = column
        self.type = type
        self.value = value
    }
}
