import BigQuery
import BigQueryRows
import TextSupport

/// Suggests the name that a mistyped table or dataset name was probably meant to be.
struct NameSuggestion {
    let client: BigQueryClient

    /// The time limit of the lookups, which only improve the hint.
    private static let timeout: Duration = .seconds(3)

    /// Adds the nearest table or dataset name to the error if the table was not found.
    func explaining<Result>(_ table: TableReference, _ body: () async throws -> Result) async throws -> Result {
        try await explaining(body) { _ in await nearest(to: table) }
    }

    /// Adds the nearest dataset name to the error if the dataset was not found.
    func explaining<Result>(_ dataset: DatasetReference, _ body: () async throws -> Result) async throws -> Result {
        try await explaining(body) { _ in await nearest(to: dataset) }
    }

    /// Adds the nearest name to the error if a table or dataset of a query was not found.
    func explainingQuery<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await explaining(body) { message in
            // BigQuery's message: Not found: Table project:dataset.table was not found in location US
            guard let match = message.firstMatch(of: /(Table|Dataset) ([^\s:]+(?::[^\s:]+)?:[^\s]+)/) else {
                return nil
            }
            // A name that cannot be parsed has no nearest one.
            let (kind, name) = (match.1, String(match.2))
            let project = client.configuration.project
            if kind == "Dataset" {
                guard let dataset = try? DatasetReference(parsing: name, defaultProject: project) else { return nil }
                return await nearest(to: dataset)
            }
            guard let table = try? TableReference(parsing: name, defaultProject: project) else { return nil }
            return await nearest(to: table)
        }
    }

    private func explaining<Result>(
        _ body: () async throws -> Result, _ nearest: @escaping @Sendable (String) async -> String?
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as BigQueryError where error.code == .notFound {
            let message = error.message
            if let name = await withTimeout(Self.timeout, { await nearest(message) }) ?? nil {
                throw error.hinted("did you mean \(printable(name))?")
            }
            throw error
        }
    }

    private func nearest(to table: TableReference) async -> String? {
        // The dataset does not exist, or the user cannot list it.
        guard let tables = try? await client.listTables(table.datasetReference) else {
            return await nearest(to: table.datasetReference)
        }
        return NearestName.find(table.table, among: tables.map(\.reference.table)).map {
            name(TableReference(project: table.project, dataset: table.dataset, table: $0).description, table.project)
        }
    }

    private func nearest(to dataset: DatasetReference) async -> String? {
        // The user cannot list the project; the error without a hint remains.
        guard let datasets = try? await client.listDatasets(project: dataset.project) else { return nil }
        return NearestName.find(dataset.dataset, among: datasets.map(\.reference.dataset)).map {
            name(DatasetReference(project: dataset.project, dataset: $0).description, dataset.project)
        }
    }

    /// The name to type: without the project if that is the billing project.
    private func name(_ full: String, _ project: String) -> String {
        project == client.configuration.project ? String(full.dropFirst(project.count + 1)) : full
    }
}
