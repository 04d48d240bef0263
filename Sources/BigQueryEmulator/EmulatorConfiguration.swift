public import Logging
package import NIOSSL

/// The data that an emulator serves, and its behavior.
///
/// ```swift
/// import BigQueryEmulator
///
/// let orders = EmulatorConfiguration.TableSource(dataset: "shop", table: "orders", file: "Fixtures/orders.csv")
/// let configuration = EmulatorConfiguration(pageBytes: 64 << 10, jobTime: .milliseconds(200), tables: [orders])
/// ```
public struct EmulatorConfiguration: Sendable {
    /// A file to load as a table.
    public struct TableSource: Sendable, Hashable {
        /// The dataset that holds the table.
        public var dataset: String
        /// The table's name.
        public var table: String
        /// The path of a `.csv`, `.jsonl` or `.db` file, or of a `.sql` file that holds a view's query.
        public var file: String

        /// Creates a table source.
        ///
        /// - Parameters:
        ///   - dataset: the dataset that holds the table.
        ///   - table: the table's name.
        ///   - file: the path of a `.csv`, `.jsonl`, `.db` or `.sql` file.
        public init(dataset: String, table: String, file: String) {
            self.dataset = dataset
            self.table = table
            self.file = file
        }
    }

    /// The port to listen on at 127.0.0.1. 0, the default, picks a free port.
    public var port: Int
    /// The ID of the only project. Defaults to `local-project`.
    public var project: String
    /// The location of all data, and of jobs whose request names no location. Defaults to `US`. Jobs outside `US` and
    /// `EU` are found only by requests that name their location.
    public var location: String
    /// The maximum size of a page, measured in BigQuery's logical bytes. `nil`, the default, uses the service's limits:
    /// 20 MB for query results, 10 MB for tables. A page has at least one row.
    public var pageBytes: Int?
    /// The maximum total size of cached pages, in encoded bytes. A cached page is sent again if the same rows are
    /// requested in the same format. `nil`, the default, disables the cache.
    package var pageCacheBytes: Int?
    /// A delay before every response. Defaults to zero.
    public var latency: Duration
    /// An additional delay before every response that contains rows. Defaults to zero.
    public var pageLatency: Duration
    /// The minimum duration of a job. Defaults to zero.
    public var jobTime: Duration
    /// The lifetime of a query result without a destination table, from the end of its job. `nil`, the default, keeps
    /// results indefinitely.
    public var resultLifetime: Duration?
    /// Whether API requests need an access token. Defaults to true.
    public var requiresAuthorization: Bool
    /// The ID of the only OAuth client.
    public var clientID: String
    /// The client's secret.
    public var clientSecret: String
    /// The client's registered redirect URIs. If empty, the default, the client is a desktop client that can redirect
    /// to any loopback port; otherwise it is a web client.
    public var redirectURIs: [String]
    /// The refresh token that exists from the start.
    public var refreshToken: String
    /// The scopes of ``refreshToken``. Defaults to BigQuery.
    public var scopes: [String]
    /// The email address of the only user.
    public var account: String
    /// The lifetime of an authorization code. Defaults to 10 minutes.
    public var codeLifetime: Duration
    /// The lifetime of an access token. Defaults to 3599 s, as at Google.
    public var accessTokenLifetime: Duration
    /// The lifetime of a refresh token, from its issue or from the start. `nil`, the default, means no expiry.
    public var refreshTokenLifetime: Duration?
    /// Whether each refresh issues a new refresh token and invalidates the previous one. Defaults to false, as at
    /// Google.
    public var rotatesRefreshTokens: Bool
    /// A failure to simulate throughout. Defaults to none.
    public var failure: EmulatorFailure?
    /// Faults to inject into individual requests. Defaults to none.
    public var faults: FaultPlan?
    /// Called for each instruction of ``faults`` when a request consumes it.
    package var onFault: @Sendable (FaultLedger.Entry) -> Void = { _ in }
    /// The TLS context for connections. Requires ``faults``, which can be empty.
    package var tls: NIOSSLContext?
    /// The tables to load at the start.
    public var tables: [TableSource]
    /// The local folder of each Cloud Storage bucket, by bucket name. Defaults to none.
    public var buckets: [String: String]
    /// The logger of the HTTP server. Defaults to a no-op logger.
    public var logger: Logger

    /// Creates a configuration. By default, the server uses a free port, adds no delays and has only the generated
    /// tables.
    ///
    /// - Parameters:
    ///   - port: the port at 127.0.0.1, 0 to 65535; 0, the default, picks a free one.
    ///   - project: the ID of the only project. Defaults to `local-project`.
    ///   - location: the location of all data. Defaults to `US`.
    ///   - pageBytes: the maximum size of a page, in logical bytes; `nil`, the default, for the service's limits.
    ///   - latency: a delay before every response. Defaults to none.
    ///   - pageLatency: an additional delay before every response that contains rows. Defaults to none.
    ///   - jobTime: the minimum duration of a job. Defaults to zero.
    ///   - resultLifetime: the lifetime of a query result without a destination table; `nil`, the default, for no expiry.
    ///   - requiresAuthorization: whether API requests need an access token. Defaults to `true`.
    ///   - clientID: the ID of the only OAuth client. Defaults to `emulator-client.apps.example.com`.
    ///   - clientSecret: its secret. Defaults to `emulator-client-secret`.
    ///   - redirectURIs: the redirect URIs of a web client; empty, the default, for a desktop client.
    ///   - refreshToken: the refresh token that exists from the start. Defaults to `emulator-refresh-token`.
    ///   - scopes: its scopes. Defaults to BigQuery's.
    ///   - account: the email address of the only user. Defaults to `user@example.com`.
    ///   - codeLifetime: the lifetime of an authorization code. Defaults to 600 s.
    ///   - accessTokenLifetime: the lifetime of an access token. Defaults to 3599 s.
    ///   - refreshTokenLifetime: the lifetime of a refresh token; `nil`, the default, for no expiry.
    ///   - rotatesRefreshTokens: whether each refresh replaces the refresh token. Defaults to `false`.
    ///   - failure: a failure to simulate throughout. Defaults to none.
    ///   - faults: faults to inject into individual requests. Defaults to none.
    ///   - tables: the tables to load at the start. Defaults to none.
    ///   - buckets: the local folder of each Cloud Storage bucket, by bucket name. Defaults to none.
    ///   - logger: the logger of the HTTP server. Defaults to a no-op logger.
    public init(
        port: Int = 0, project: String = "local-project", location: String = "US", pageBytes: Int? = nil,
        latency: Duration = .zero, pageLatency: Duration = .zero, jobTime: Duration = .zero,
        resultLifetime: Duration? = nil, requiresAuthorization: Bool = true,
        clientID: String = "emulator-client.apps.example.com", clientSecret: String = "emulator-client-secret",
        redirectURIs: [String] = [], refreshToken: String = "emulator-refresh-token",
        scopes: [String] = ["https://www.googleapis.com/auth/bigquery"], account: String = "user@example.com",
        codeLifetime: Duration = .seconds(600), accessTokenLifetime: Duration = .seconds(3599),
        refreshTokenLifetime: Duration? = nil, rotatesRefreshTokens: Bool = false, failure: EmulatorFailure? = nil,
        faults: FaultPlan? = nil, tables: [TableSource] = [], buckets: [String: String] = [:],
        logger: Logger = Logger(label: "bqpull.emulator") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.port = port
        self.project = project
        self.location = location
        self.pageBytes = pageBytes
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
        self.tables = tables
        self.buckets = buckets
        self.logger = logger
    }
}
