/// Where a page of a table begins.
public enum TablePosition: Sendable, Hashable {
    /// At a row, counted from 0.
    case row(Int64)
    /// Behind the page that gave this token; `row` is the first row there, counted from 0.
    case token(String, row: Int64)

    /// The first row, counted from 0.
    public var row: Int64 {
        switch self {
        case .row(let row), .token(_, let row): row
        }
    }
}
