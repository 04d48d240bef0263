public import BigQueryRows

/// The highest value of a column that has been brought to a table.
public struct Watermark: Sendable, Hashable {
    /// The column.
    public var column: String
    /// Its BigQuery type.
    public var type: FieldType
    /// The value as BigQuery takes it for a parameter of the type; `nil` if all rows so far have none.
    public var value: String?

    /// Makes a watermark.
    public init(column: String, type: FieldType, value: String?) {
        self.column = column
        self.type = type
        self.value = value
    }
}
