/// What the encoder has to know of a field, in a form that costs nothing to pass around.
struct CellShape: Sendable {
    enum Style: Sendable {
        case plain, timestamp, timestampRange
    }

    let style: Style
    let isRepeated: Bool
    /// The size of a text by BigQuery's count; -1 if it is two more than its length.
    let textBytes: Int
    /// The members of a STRUCT.
    let members: [CellShape]

    init(_ field: Field) {
        switch (field.type, field.rangeElement) {
        case (.timestamp, _): style = .timestamp
        case (_, .timestamp): style = .timestampRange
        default: style = .plain
        }
        switch field.type {
        case .date, .time, .datetime: textBytes = 8
        case .numeric, .interval, .range: textBytes = 16
        case .bignumeric: textBytes = 32
        default: textBytes = -1
        }
        isRepeated = field.mode == .repeated
        members = field.fields.map(CellShape.init)
    }
}
