/// The name of a table or a view.
public struct TableReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The project that holds it; it need not be the one that pays.
    public var project: String
    /// Its dataset.
    public var dataset: String
    /// Its name in the dataset, which may end in a partition, as in `orders$20240131`.
    public var table: String

    private enum CodingKeys: String, CodingKey {
        case project = "projectId"
        case dataset = "datasetId"
        case table = "tableId"
    }

    /// Names a table.
    public init(project: String, dataset: String, table: String) {
        self.project = project
        self.dataset = dataset
        self.table = table
    }

    /// Reads `PROJECT.DATASET.TABLE`, `DATASET.TABLE`, or legacy SQL's `PROJECT:DATASET.TABLE`, with or without
    /// backticks. A project may belong to a domain: `example.com:project`.
    ///
    /// - Parameter defaultProject: the project of a name without one.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for anything else.
    public init(parsing text: String, defaultProject: String) throws {
        guard let path = NamePath(text, ids: 2), ResourceID.isTable(path.ids[1]) else {
            throw BigQueryError.invalidName(
                text, of: "table", hint: "name it DATASET.TABLE or PROJECT.DATASET.TABLE, for example sales.orders")
        }
        self.init(project: path.project ?? defaultProject, dataset: path.ids[0], table: path.ids[1])
    }

    /// The dataset that holds it.
    public var datasetReference: DatasetReference { DatasetReference(project: project, dataset: dataset) }

    /// `PROJECT.DATASET.TABLE`.
    public var description: String { "\(project).\(dataset).\(table)" }
}
