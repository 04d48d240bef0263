import Foundation

/// An emulator that is listening.
public struct RunningEmulator: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    /// The ledger of injected faults, if ``EmulatorConfiguration/faults`` is set.
    public let faults: FaultLedger?

    let configuration: EmulatorConfiguration
    private let server: EmulatorServer

    init(port: Int, configuration: EmulatorConfiguration, server: EmulatorServer, faults: FaultLedger?) {
        self.port = port
        self.faults = faults
        self.configuration = configuration
        self.server = server
    }

    /// The base URL for clients: `http://127.0.0.1:PORT`, or `https` with TLS.
    public var endpoint: String { "\(configuration.tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// The requests served so far.
    public var counters: EmulatorCounters { server.counters }

    /// Waits until the counters satisfy a condition, for example until a request has arrived that the test interrupts.
    ///
    /// ```swift
    /// import BigQueryEmulator
    ///
    /// func cancel(_ pull: Task<Void, any Error>, inTheQueryOf running: RunningEmulator) async throws {
    ///     try await running.waitForCounters { $0.runningJobs > 0 }
    ///     pull.cancel()
    /// }
    /// ```
    ///
    /// - Parameter condition: evaluated at once and after each change.
    /// - Returns: the counters that satisfy the condition.
    /// - Throws: `CancellationError` if the task is cancelled.
    @discardableResult
    public func waitForCounters(
        where condition: (EmulatorCounters) -> Bool
    ) async throws(CancellationError) -> EmulatorCounters {
        try await server.waitForCounters(where: condition)
    }

    /// Expires all current query results without a destination table.
    package func expireResults() {
        server.jobs.expireResults()
    }

    /// Expires all access tokens issued so far.
    package func expireAccessTokens() {
        server.expireAccessTokens()
    }

    /// Loads or reloads a table. Later requests and queries see the file's current content; results of earlier jobs do
    /// not change.
    ///
    /// - Parameter source: the table's name and its file.
    /// - Throws: an ``EmulatorError`` if the file cannot be loaded; the table is then unchanged.
    public func load(_ source: EmulatorConfiguration.TableSource) async throws {
        try await TableLoader(catalog: server.catalog).loadWhileRunning(source)
    }

    /// Writes the user's credentials as a file for Google's client libraries, readable by the owner only.
    ///
    /// The file is of type `authorized_user`; its `token_uri` is the emulator's.
    ///
    /// - Parameter path: the file, which is replaced if it exists.
    /// - Throws: an ``EmulatorError`` with code `cannotWrite`.
    public func writeCredentialsFile(to path: String) throws {
        try write(
            [
                "type": "authorized_user", "client_id": .string(configuration.clientID),
                "client_secret": .string(configuration.clientSecret),
                "refresh_token": .string(configuration.refreshToken),
                "quota_project_id": .string(configuration.project), "token_uri": .string("\(endpoint)/token"),
            ], to: path)
    }

    /// Writes the OAuth client as Google's console exports it, readable by the owner only: a web client if redirect
    /// URIs are registered, otherwise a desktop client.
    ///
    /// - Throws: an ``EmulatorError`` with code `cannotWrite`.
    package func writeClientFile(to path: String) throws {
        let isDesktop = configuration.redirectURIs.isEmpty
        let redirectURIs = isDesktop ? ["http://localhost"] : configuration.redirectURIs
        let client: JSONObject = [
            "client_id": .string(configuration.clientID), "project_id": .string(configuration.project),
            "auth_uri": .string("\(endpoint)\(OAuthServer.authorizePath)"), "token_uri": .string("\(endpoint)/token"),
            "client_secret": .string(configuration.clientSecret),
            "redirect_uris": .array(redirectURIs.map(JSON.string)),
        ]
        try write([isDesktop ? "installed" : "web": .object(client)], to: path)
    }

    func write(_ object: JSONObject, to path: String) throws {
        try write(object.indented + [0x0A], to: path)
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        // An existing file would keep its permissions; if it cannot be removed, it cannot be created either.
        try? FileManager.default.removeItem(atPath: path)
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        guard isWritten else {
            throw EmulatorError(code: .cannotWrite, message: "\(path): cannot be written")
        }
    }
}

/// Counts of the requests that a server has received.
public struct EmulatorCounters: Sendable, Hashable {
    /// The number of jobs inserted, without dry runs.
    public package(set) var jobs = 0
    /// The number of jobs that are not done.
    public package(set) var runningJobs = 0
    /// The number of requests to the token endpoint, including rejected ones.
    package var tokenRequests = 0
    /// The number of authorization codes issued.
    package var consents = 0
    /// The number of grants revoked.
    package var revocations = 0
    /// The number of rows sent by jobs.getQueryResults, jobs.query and tabledata.list.
    public package(set) var rows = 0
    /// The number of pages whose rows were encoded, not sent from the page cache.
    package var encodedPages = 0
    /// The index of the first row of each requested page, in request order.
    package var firstRows: [Int64] = []
    /// The number of requests by API method, such as `jobs.insert`, including rejected ones.
    public package(set) var requests: [String: Int] = [:]
}
