/// A dataset as a list of datasets tells of it.
public struct ListedDataset: Sendable, Hashable {
    /// Its name.
    public var reference: DatasetReference
    /// Where its tables are stored.
    public var location: String?
}
