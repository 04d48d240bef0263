/// The name of a table or a view.
///
/// ```swift
/// import BigQuery
///
/// let orders = TableReference(project: "my-project", dataset: "sales", table: "orders")
///
/// func table(_ name: String) throws -> TableReference {
///     try TableReference(parsing: name, defaultProject: "my-project")  // sales.orders
/// }
/// ```
public struct TableReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The project of the dataset. It can differ from the project billed for queries.
    public var project: String
    /// The dataset.
    public var dataset: String
    /// The table, optionally with a partition decorator, as in `orders$20240131`.
    public var table: String

    private enum CodingKeys: String, CodingKey {
        case project = "projectId"
        case dataset = "datasetId"
        case table = "tableId"
    }

    /// Creates a reference.
    ///
    /// - Parameters:
    ///   - project: the project of the dataset.
    ///   - dataset: the dataset.
    ///   - table: the table, optionally with a partition decorator, as in `orders$20240131`.
    public init(project: String, dataset: String, table: String) {
        self.project = project
        self.dataset = dataset
        self.table = table
    }

    /// Parses `PROJECT.DATASET.TABLE`, `DATASET.TABLE`, or legacy SQL's `PROJECT:DATASET.TABLE`, with or without
    /// backticks. A project ID can have the prefix of a domain: `example.com:project`.
    ///
    /// - Parameters:
    ///   - text: the name.
    ///   - defaultProject: the project of a name without one.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for any other text.
    public init(parsing text: String, defaultProject: String) throws {
        guard let path = NamePath(text, ids: 2), ResourceID.isTable(path.ids[1]) else {
            throw BigQueryError.invalidName(text, of: .table)
        }
        self.init(project: path.project ?? defaultProject, dataset: path.ids[0], table: path.ids[1])
    }

    /// The dataset of the table.
    package var datasetReference: DatasetReference { DatasetReference(project: project, dataset: dataset) }

    /// `PROJECT.DATASET.TABLE`.
    public var description: String { "\(project).\(dataset).\(table)" }
}

/// The name of a dataset.
public struct DatasetReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The project of the dataset. It can differ from the project billed for queries.
    public var project: String
    /// The dataset.
    public var dataset: String

    private enum CodingKeys: String, CodingKey {
        case project = "projectId"
        case dataset = "datasetId"
    }

    /// Creates a reference.
    public init(project: String, dataset: String) {
        self.project = project
        self.dataset = dataset
    }

    /// Parses `DATASET`, `PROJECT.DATASET` or `PROJECT:DATASET`, with or without backticks. A project ID can have the
    /// prefix of a domain: `example.com:project`.
    ///
    /// - Parameters:
    ///   - text: the name.
    ///   - defaultProject: the project of a name without one.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for any other text.
    package init(parsing text: String, defaultProject: String) throws {
        guard let path = NamePath(text, ids: 1) else { throw BigQueryError.invalidName(text, of: .dataset) }
        self.init(project: path.project ?? defaultProject, dataset: path.ids[0])
    }

    /// `PROJECT.DATASET`.
    public var description: String { "\(project).\(dataset)" }
}
