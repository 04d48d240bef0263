import BigQueryRows
import GoogleHTTP

extension BigQueryClient {
    /// What a table or view is: columns, size, partitioning, etag.
    ///
    /// - Throws: ``BigQueryError``, `HTTPError`, `OAuthError` or `CancellationError`.
    public func fetchTable(_ reference: TableReference) async throws -> Table {
        let url = url(
            ["datasets", reference.dataset, "tables", reference.table],
            ["prettyPrint": "false", "fields": TableResource.fields], project: reference.project
        )
        return try await Self.explainingNotFound {
            try await send(HTTPRequest(.get, url), as: TableResource.self).table
        }
    }

    /// All datasets of a project that are not hidden.
    ///
    /// - Parameter project: the project; `nil` for the one that pays.
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func listDatasets(project: String? = nil) async throws -> [ListedDataset] {
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

    /// All tables and views of a dataset.
    ///
    /// - Throws: ``BigQueryError``, `RowsError`, `HTTPError`, `OAuthError` or `CancellationError`.
    public func listTables(_ dataset: DatasetReference) async throws -> [ListedTable] {
        try await Self.explainingNotFound {
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
                throw RowsError(
                    code: .inconsistentPage,
                    message: "the list does not end: after \(all.count) entries the same page token came again"
                )
            }
        } while token != nil
        return all
    }

    /// Says where to look for what was not found.
    static func explainingNotFound<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch var error as BigQueryError where error.code == .notFound {
            error.hint = "check the spelling; bqpull ls shows the datasets of a project, bqpull ls DATASET its tables"
            throw error
        }
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
