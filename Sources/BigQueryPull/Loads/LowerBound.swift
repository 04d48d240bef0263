/// The lower bound of one run of an incremental load.
public enum LowerBound: Sendable, Hashable {
    /// All rows, including those without a value in the incremental column.
    case beginning
    /// The rows from a value on, inclusive, in the type of the incremental column.
    case value(String)
}
