package import BigQueryRows
public import GoogleHTTP
import TextSupport

/// Project, endpoint, retries and limits of a ``BigQueryClient``.
///
/// ```swift
/// import BigQuery
/// import GoogleHTTP
///
/// func localConfiguration() throws -> BigQueryConfiguration {
///     var configuration = try BigQueryConfiguration(
///         project: "local-project", endpoint: HTTPEndpoint("http://127.0.0.1:9050"))
///     configuration.longPoll = .seconds(10)
///     return configuration
/// }
/// ```
public struct BigQueryConfiguration: Sendable {
    /// The project billed for queries.
    public var project: String
    /// The service's root. Defaults to Google.
    public var endpoint: HTTPEndpoint
    /// The retries of one request. Defaults to 600 s with exponential backoff.
    public var retry = RetryPolicy()
    /// The time that all requests of one pull spend waiting for retries. Simultaneous waits count once. Defaults to
    /// 3,600 s.
    public var runRetryBudget: Duration = .seconds(3600)
    /// The number of retries after a damaged or malformed response. Defaults to 3.
    public var damagedBodyRetries = 3
    /// Whether pages are requested with compression. Defaults to `true`.
    public var compressesPages = true
    /// The maximum size of a page. Defaults to 192 MiB, compressed as well as inflated.
    package var pageLimits = BodyLimits.page
    /// The maximum size of an error response. Defaults to 1 MiB.
    package var errorLimits = BodyLimits.error
    /// The maximum size of any other response, in bytes. Defaults to 32 MiB, which schemas of thousands of columns fit.
    public var maxResponseBytes = 32 << 20
    /// How long one request waits for a job to finish. Defaults to 60 s.
    public var longPoll: Duration = .seconds(60)
    /// The time to the first byte beyond the requested wait. Defaults to 15 s.
    package var firstByteAllowance: Duration = .seconds(15)
    /// How long a newly inserted job can be invisible. Defaults to 200 s.
    package var visibilityBudget: Duration = .seconds(200)

    /// Creates a configuration with the defaults.
    ///
    /// - Parameters:
    ///   - project: the ID of the project billed for queries.
    ///   - endpoint: the service's root; `nil` for Google.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if `project` is not a valid project ID.
    public init(project: String, endpoint: HTTPEndpoint? = nil) throws {
        guard ResourceID.isProject(project) else {
            throw BigQueryError(
                code: .invalidRequest, message: "\"\(printable(project, limit: 100))\" is not a project ID",
                detail: .invalidName(.project))
        }
        self.project = project
        self.endpoint = try endpoint ?? HTTPEndpoint("https://bigquery.googleapis.com")
    }
}
