/// The name of a dataset.
public struct DatasetReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The project that holds it; it need not be the one that pays.
    public var project: String
    /// Its name in the project.
    public var dataset: String

    private enum CodingKeys: String, CodingKey {
        case project = "projectId"
        case dataset = "datasetId"
    }

    /// Names a dataset.
    public init(project: String, dataset: String) {
        self.project = project
        self.dataset = dataset
    }

    /// Reads `DATASET`, `PROJECT.DATASET` or `PROJECT:DATASET`, with or without backticks. A project may belong to a
    /// domain: `example.com:project`.
    ///
    /// - Parameter defaultProject: the project of a name without one.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for anything else.
    public init(parsing text: String, defaultProject: String) throws {
        guard let path = NamePath(text, ids: 1) else {
            throw BigQueryError.invalidName(
                text, of: "dataset", hint: "name it DATASET or PROJECT.DATASET, for example sales")
        }
        self.init(project: path.project ?? defaultProject, dataset: path.ids[0])
    }

    /// `PROJECT.DATASET`.
    public var description: String { "\(project).\(dataset)" }
}
