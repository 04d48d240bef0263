public import Foundation

/// A table as a list of tables tells of it.
public struct ListedTable: Sendable, Hashable {
    /// Its name.
    public var reference: TableReference
    /// What it is.
    public var kind: TableKind
    /// When it was made.
    public var created: Date?
}
