import BigQuery

extension BigQueryError {
    /// Marks the errors of an export job.
    static func explainingExport<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch var error as BigQueryError {
            error.detail = error.detail ?? .exportJob
            throw error
        }
    }
}
