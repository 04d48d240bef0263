/// One value of any BigQuery type.
///
/// Types that the API sends as text (NUMERIC, DATE, TIME, DATETIME, JSON, GEOGRAPHY, INTERVAL, RANGE) are
/// `text` in exactly that form; a RANGE of timestamps holds them as GoogleSQL prints them.
enum Value: Sendable, Equatable {
    case null
    /// An INT64, or a TIMESTAMP in microseconds since 1970.
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])
    case structure([Value])
    case list([Value])
}
