public import BigQueryRows
public import GoogleHTTP
import TextSupport

/// Where and how BigQuery is asked.
public struct BigQueryConfiguration: Sendable {
    /// The project that runs and pays for jobs.
    public var project: String
    /// The service's root. Defaults to Google.
    public var endpoint: HTTPEndpoint
    /// How failed requests are repeated. Defaults to 600 s of growing waits.
    public var retry = RetryPolicy()
    /// The time that all requests of one pull may wait for repetitions, counted once where they wait at the same time.
    /// Defaults to 3,600 s.
    public var runRetryBudget: Duration = .seconds(3600)
    /// How often an answer that is damaged, or is not HTTP as it should be, is asked for again. Defaults to 3.
    public var damagedBodyRepetitions = 3
    /// Whether pages are asked for compressed. Defaults to `true`.
    public var compressesPages = true
    /// The size that a page may have. Defaults to 192 MiB, compressed as well as inflated.
    public var pageLimits = BodyLimits.page
    /// The size that the body of an error may have. Defaults to 1 MiB.
    public var errorLimits = BodyLimits.error
    /// The size that any other answer may have, in bytes. Defaults to 32 MiB: schemas of thousands of columns fit.
    public var answerBytes = 32 << 20
    /// How long one request waits for a job before it is asked again. Defaults to 60 s.
    public var longPoll: Duration = .seconds(60)
    /// How long an answer may take beyond what it was asked to wait. Defaults to 15 s.
    public var firstByteAllowance: Duration = .seconds(15)
    /// How long a job that was just inserted may be unknown. Defaults to 200 s.
    public var visibilityBudget: Duration = .seconds(200)

    /// Makes a configuration with the defaults.
    ///
    /// - Parameter endpoint: an address; `nil` for Google.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if `project` cannot be a project id.
    public init(project: String, endpoint: HTTPEndpoint? = nil) throws {
        guard ResourceID.isProject(project) else {
            throw BigQueryError(
                code: .invalidRequest, message: "\"\(printable(project, limit: 100))\" is not a project id",
                hint: "give the id as the Google Cloud console shows it, for example my-project-123456"
            )
        }
        self.project = project
        self.endpoint = try endpoint ?? HTTPEndpoint("https://bigquery.googleapis.com")
    }
}
