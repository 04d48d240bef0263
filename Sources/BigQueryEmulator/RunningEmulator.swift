import Foundation

/// An emulator that is listening.
public struct RunningEmulator: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    /// The account of the faults, if there are any.
    public let faults: FaultLedger?

    let configuration: EmulatorConfiguration
    private let server: EmulatorServer

    init(port: Int, configuration: EmulatorConfiguration, server: EmulatorServer, faults: FaultLedger?) {
        self.port = port
        self.faults = faults
        self.configuration = configuration
        self.server = server
    }

    /// The address to point a client at: `http://127.0.0.1:PORT`.
    public var endpoint: String { "\(configuration.tls == nil ? "http" : "https")://127.0.0.1:\(port)" }

    /// What the server has been asked for until now.
    public var counters: EmulatorCounters { server.counters }

    /// Ends the lifetime of all results so far that have no destination.
    public func expireResults() {
        server.jobs.expireResults()
    }

    /// Loads a table, or loads it again: requests and queries that come later see what the file holds now, and
    /// results of jobs stay as they are.
    ///
    /// - Throws: An ``EmulatorError`` that says why the file cannot be loaded; the table is as it was then.
    public func load(_ source: EmulatorConfiguration.TableSource) async throws {
        try await TableLoader(catalog: server.catalog).loadWhileRunning(source)
    }

    /// Writes the user's credentials as Google's libraries read them, readable by the owner only.
    ///
    /// The file is of type `authorized_user`; its `token_uri` is the emulator.
    public func writeCredentialsFile(to path: String) throws {
        try write(
            [
                "type": "authorized_user", "client_id": .string(configuration.clientID),
                "client_secret": .string(configuration.clientSecret),
                "refresh_token": .string(configuration.refreshToken),
                "quota_project_id": .string(configuration.project), "token_uri": .string("\(endpoint)/token"),
            ], to: path)
    }

    /// Writes the OAuth client as Google's console hands it out, readable by the owner only: as a Web client if it
    /// has registered redirect URIs, else as a desktop one.
    public func writeClientFile(to path: String) throws {
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
        try? FileManager.default.removeItem(atPath: path)
        let isWritten = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        guard isWritten else {
            throw EmulatorError(
                code: .cannotWrite, message: "\(path): cannot be written",
                hint: "name a file in a folder that exists and that you may write to")
        }
    }
}

/// What a server has been asked for.
public struct EmulatorCounters: Sendable, Hashable {
    /// The number of jobs made; dry runs make none.
    public var jobs: Int
    /// The number of jobs that are not done.
    public var runningJobs = 0
    /// The number of requests to the token endpoint, refused ones included.
    public var tokenRequests: Int
    /// The number of authorization codes given out.
    public var consents = 0
    /// The number of grants that were revoked.
    public var revocations = 0
    /// The number of rows sent in pages: of jobs.getQueryResults, jobs.query and tabledata.list.
    public var rows = 0
    /// The number of these pages whose rows were encoded, and not sent from ``EmulatorConfiguration/pageCacheBytes``.
    public var encodedPages = 0
    /// Where each of these pages begins, counted from 0, in the order in which they were asked for.
    public var firstRows: [Int64] = []
    /// The number of requests by API method, for example `jobs.insert`, refused ones included.
    public var requests: [String: Int]
}
