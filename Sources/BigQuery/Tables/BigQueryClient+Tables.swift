import BigQueryRows
public import Foundation
import GoogleHTTP

/// An entry of a list of datasets.
package struct ListedDataset: Sendable, Hashable {
    /// The name.
    package var reference: DatasetReference
    /// The location of its tables.
    package var location: String?
}

/// An entry of a list of tables.
public struct ListedTable: Sendable, Hashable {
    /// The name.
    public let reference: TableReference
    /// The kind of table.
    public let kind: TableKind
    /// The time of creation.
    public let created: Date?
}

extension BigQueryClient {
    /// Fetches the metadata of a table or view, at no cost.
    ///
    /// - Parameter reference: the table.
    /// - Returns: the columns, the size and the times of its changes.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchTable(_ reference: TableReference) async throws -> Table {
        let url = url(
            ["datasets", reference.dataset, "tables", reference.table],
            ["prettyPrint": "false", "fields": TableResource.fields], project: reference.project
        )
        return try await send(HTTPRequest(.get, url), as: TableResource.self).table
    }

    /// Lists the datasets of a project that are not hidden.
    ///
    /// - Parameter project: the project; `nil` for the one billed for queries.
    /// - Returns: the datasets in the order of the service.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    package func listDatasets(project: String? = nil) async throws -> [ListedDataset] {
        try await list { token in
            url(
                ["datasets"],
                [
                    "maxResults": Self.listPageSize, "pageToken": token, "prettyPrint": "false",
                    "fields": "nextPageToken,datasets(datasetReference,location)",
                ], project: project
            )
        } items: { (page: DatasetList) in
            page.datasets?.map { ListedDataset(reference: $0.datasetReference, location: $0.location) }
        }
    }

    /// Lists the tables and views of a dataset, at no cost.
    ///
    /// - Parameter dataset: the dataset.
    /// - Returns: the tables in the order of the service. Their number is not limited.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func listTables(_ dataset: DatasetReference) async throws -> [ListedTable] {
        try await list { token in
            url(
                ["datasets", dataset.dataset, "tables"],
                [
                    "maxResults": Self.listPageSize, "pageToken": token, "prettyPrint": "false",
                    "fields": "nextPageToken,tables(tableReference,type,creationTime)",
                ], project: dataset.project
            )
        } items: { (page: TableList) in
            page.tables?.map(\.listed)
        }
    }

    private static let listPageSize = "1000"

    /// Follows page tokens to the end of a list.
    private func list<Page: ListPage, Item: Sendable>(
        url: (_ token: String?) -> String, items: @Sendable (Page) -> [Item]?
    ) async throws -> [Item] {
        var all: [Item] = []
        var token: String?
        var seen: Set<String> = []
        repeat {
            let page = try await send(HTTPRequest(.get, url(token)), as: Page.self)
            all += items(page) ?? []
            token = page.nextPageToken.flatMap { $0.isEmpty ? nil : $0 }
            if let token, !seen.insert(token).inserted {
                throw BigQueryError(
                    code: .inconsistentResponse,
                    message:
                        "paging of the list does not terminate: a page token is repeated after \(all.count) entries")
            }
        } while token != nil
        return all
    }
}

/// One page of a list.
private protocol ListPage: Decodable, Sendable {
    var nextPageToken: String? { get }
}

private struct DatasetList: ListPage {
    struct Item: Decodable {
        var datasetReference: DatasetReference
        var location: String?
    }

    var nextPageToken: String?
    var datasets: [Item]?
}

private struct TableList: ListPage {
    var nextPageToken: String?
    var tables: [TableResource]?
}
