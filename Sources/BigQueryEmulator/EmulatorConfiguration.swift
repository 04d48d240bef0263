public import Logging
package import NIOSSL

/// What an emulator serves and how it behaves.
public struct EmulatorConfiguration: Sendable {
    /// A file to load as a table.
    public struct TableSource: Sendable, Hashable {
        /// The dataset that holds the table.
        public var dataset: String
        /// The table's name.
        public var table: String
        /// The path of a `.csv`, `.jsonl` or `.db` file, or of a `.sql` file with the query of a view.
        public var file: String

        /// Makes a source.
        public init(dataset: String, table: String, file: String) {
            self.dataset = dataset
            self.table = table
            self.file = file
        }
    }

    /// The port to listen on, on 127.0.0.1; 0, the default, takes a free one.
    public var port: Int
    /// The one project that exists. Defaults to `local-project`.
    public var project: String
    /// The location of all data and, unless a request says otherwise, of all jobs. Defaults to `US`; jobs
    /// outside `US` and `EU` are found only by requests that name the location.
    public var location: String
    /// The most that a page holds, by BigQuery's row size; `nil`, the default, takes the service's own limits,
    /// 20 MB for query results and 10 MB for tables. A page has at least one row.
    public var pageBytes: Int?
    /// The most that pages take which are kept in memory, as they were sent, and sent again when the same rows are
    /// asked for in the same form; `nil`, the default, keeps none.
    public var pageCacheBytes: Int?
    /// How long every answer waits. Defaults to none.
    public var latency: Duration
    /// How long an answer with rows waits besides, each on its own. Defaults to none.
    public var pageLatency: Duration
    /// How long a job takes at least. Defaults to none.
    public var jobTime: Duration
    /// How long the result of a query without a destination is kept once the job is done; `nil`, the default, is
    /// for ever.
    public var resultLifetime: Duration?
    /// Whether requests need an access token. Defaults to true.
    public var requiresAuthorization: Bool
    /// The one OAuth client that exists.
    public var clientID: String
    /// The client's secret.
    public var clientSecret: String
    /// The addresses that the client has registered for the way back from the consent page. With none, the default,
    /// it is a desktop client, whose way back is any port of the loopback interface; with some it is a Web client.
    public var redirectURIs: [String]
    /// The refresh token that exists from the start.
    public var refreshToken: String
    /// What the refresh token that exists from the start is good for. Defaults to BigQuery.
    public var scopes: [String]
    /// The one user's address.
    public var account: String
    /// How long an authorization code is good for. Defaults to 10 minutes.
    public var codeLifetime: Duration
    /// How long an access token is good for. Defaults to 3599 s, as at Google.
    public var accessTokenLifetime: Duration
    /// How long a refresh token is good for from when it is given out, or from the start; `nil`, the default, is
    /// for ever.
    public var refreshTokenLifetime: Duration?
    /// Whether every refresh gives out a new refresh token and ends the old one. Defaults to false, as at Google.
    public var rotatesRefreshTokens: Bool
    /// What goes wrong on purpose; nothing by default.
    public var failure: EmulatorFailure?
    /// What goes wrong with single requests; nothing by default.
    public var faults: FaultPlan?
    /// Called for each instruction of ``faults`` that a request meets.
    public var onFault: @Sendable (FaultLedger.Entry) -> Void
    /// What connections are encrypted with; needs ``faults``, which may be empty.
    package var tls: NIOSSLContext?
    /// The tables to load at the start.
    public var tables: [TableSource]
    /// The folder that stands for each bucket of Cloud Storage; none by default.
    public var buckets: [String: String]
    /// Where the server's own messages go; nowhere by default.
    public var logger: Logger

    /// Makes a configuration; the defaults are a server without delays on a free port, with no tables but the
    /// generated ones.
    public init(
        port: Int = 0, project: String = "local-project", location: String = "US", pageBytes: Int? = nil,
        pageCacheBytes: Int? = nil, latency: Duration = .zero, pageLatency: Duration = .zero, jobTime: Duration = .zero,
        resultLifetime: Duration? = nil,
        requiresAuthorization: Bool = true,
        clientID: String = "emulator-client.apps.example.com", clientSecret: String = "emulator-client-secret",
        redirectURIs: [String] = [], refreshToken: String = "emulator-refresh-token",
        scopes: [String] = ["https://www.googleapis.com/auth/bigquery"], account: String = "user@example.com",
        codeLifetime: Duration = .seconds(600), accessTokenLifetime: Duration = .seconds(3599),
        refreshTokenLifetime: Duration? = nil, rotatesRefreshTokens: Bool = false, failure: EmulatorFailure? = nil,
        faults: FaultPlan? = nil, onFault: @escaping @Sendable (FaultLedger.Entry) -> Void = { _ in },
        tables: [TableSource] = [], buckets: [String: String] = [:],
        logger: Logger = Logger(label: "bqpull.emulator") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.port = port
        self.project = project
        self.location = location
        self.pageBytes = pageBytes
        self.pageCacheBytes = pageCacheBytes
        self.latency = latency
        self.pageLatency = pageLatency
        self.jobTime = jobTime
        self.resultLifetime = resultLifetime
        self.requiresAuthorization = requiresAuthorization
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.redirectURIs = redirectURIs
        self.refreshToken = refreshToken
        self.scopes = scopes
        self.account = account
        self.codeLifetime = codeLifetime
        self.accessTokenLifetime = accessTokenLifetime
        self.refreshTokenLifetime = refreshTokenLifetime
        self.rotatesRefreshTokens = rotatesRefreshTokens
        self.failure = failure
        self.faults = faults
        self.onFault = onFault
        self.tables = tables
        self.buckets = buckets
        self.logger = logger
    }
}
