import Foundation
import HTTPTypes
import Hummingbird
import Synchronization

/// The emulator's routes, with counting, delay, authorization and error handling for all of them.
final class EmulatorServer: Sendable {
    private typealias Method = @Sendable (APICall) async throws -> JSONObject

    let jobs: JobStore
    private let configuration: EmulatorConfiguration
    let catalog: Catalog
    private let oauth: OAuthServer
    private let pageCache: PageCache?
    /// What this class counts; the rest is counted by its parts.
    private let counted = Mutex(EmulatorCounters())
    private let changes = StateChanges()
    private let port: Port

    /// Larger requests are rejected, as at BigQuery.
    private static let requestByteLimit = 10 << 20

    init(configuration: EmulatorConfiguration, catalog: Catalog) {
        self.configuration = configuration
        self.catalog = catalog
        jobs = JobStore(
            catalog: catalog, buckets: configuration.buckets, jobTime: configuration.jobTime,
            resultLifetime: configuration.resultLifetime, onChange: changes.announce)
        let port = Port(scheme: configuration.tls == nil ? "http" : "https")
        self.port = port
        oauth = OAuthServer(configuration: configuration, onChange: changes.announce) { port.endpoint }
        pageCache = configuration.pageCacheBytes.map(PageCache.init)
    }

    var counters: EmulatorCounters {
        var counters = counted.withLock { $0 }
        counters.jobs = jobs.count
        counters.runningJobs = jobs.all.count { $0.phase.name != "DONE" }
        counters.tokenRequests = oauth.tokenRequestCount
        counters.consents = oauth.consents.codeCount
        counters.revocations = oauth.grants.revocationCount
        return counters
    }

    /// Waits until the counters satisfy a condition.
    @discardableResult
    func waitForCounters(
        where condition: (EmulatorCounters) -> Bool
    ) async throws(CancellationError) -> EmulatorCounters {
        try await changes.first({ counters }, where: condition)
    }

    private func count(_ change: (inout EmulatorCounters) -> Void) {
        counted.withLock { change(&$0) }
        changes.announce()
    }

    func expireAccessTokens() {
        oauth.grants.expireAccessTokens()
    }

    /// Sets the port that links in responses contain.
    func setPort(_ port: Int) {
        self.port.number.withLock { $0 = port }
    }

    func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: NotFoundMiddleware())
        oauth.addRoutes(to: router)
        let api = BigQueryAPI(
            catalog: catalog, jobs: jobs, configuration: configuration, pageCache: pageCache,
            endpoint: { [port] in port.endpoint },
            onPage: { [self] row in count { $0.firstRows.append(row) } },
            onEncoding: { [self] in count { $0.encodedPages += 1 } },
            onRows: { [self] number in count { $0.rows += number } })
        let projects = router.group("bigquery/v2/projects")
        add("projects.list", .get, "", to: projects, api.listProjects)
        let project = projects.group(":project")
        add("jobs.insert", .post, "jobs", to: project, api.insertJob)
        add("jobs.list", .get, "jobs", to: project, api.listJobs)
        add("jobs.get", .get, "jobs/:job", to: project, api.getJob)
        add("jobs.cancel", .post, "jobs/:job/cancel", to: project, api.cancelJob)
        add("jobs.query", .post, "queries", to: project, api.query)
        add("jobs.getQueryResults", .get, "queries/:job", to: project, api.getQueryResults)
        add("datasets.list", .get, "datasets", to: project, api.listDatasets)
        add("datasets.get", .get, "datasets/:dataset", to: project, api.getDataset)
        add("tables.list", .get, "datasets/:dataset/tables", to: project, api.listTables)
        add("tables.get", .get, "datasets/:dataset/tables/:table", to: project, api.getTable)
        add("tabledata.list", .get, "datasets/:dataset/tables/:table/data", to: project, api.listTableData)
        return router
    }

    private func add(
        _ name: String, _ method: HTTPRequest.Method, _ path: RouterPath,
        to group: RouterGroup<BasicRequestContext>, _ body: @escaping Method
    ) {
        group.on(path, method: method) { [self] request, context in
            await respond(to: request, parameters: context.parameters, method: name, body)
        }
    }

    private func respond(
        to request: Request, parameters: Parameters, method: String, _ body: Method
    ) async -> Response {
        count { $0.requests[method, default: 0] += 1 }
        let form = ResponseForm(request)
        do {
            await delay(configuration.latency)
            if configuration.requiresAuthorization {
                try oauth.grants.check(authorization: request.headers[.authorization])
            }
            if configuration.failure == .apiDisabled { throw ServiceError.apiDisabled }
            let query = Dictionary(
                request.uri.queryParameters.map { (String($0.key), String($0.value)) }
            ) { "\($0),\($1)" }
            let mask = try query["fields"].map { text throws(ServiceError) in try FieldMask(text) }
            let content = try await Self.readBody(request)
            let response = try await body(APICall(path: parameters, parameters: query, body: content, form: form))
            let selected = mask?.apply(to: response) ?? response
            if selected["rows"] != nil { await delay(configuration.pageLatency) }
            return form.response(selected)
        } catch let error as ServiceError {
            var response = form.response(error.body, status: error.reason.httpStatus)
            if error.reason.httpStatus == 401 {
                response.headers[.wwwAuthenticate] = #"Bearer realm="https://accounts.google.com/""#
            }
            return response
        } catch {
            let failure = ServiceError(.internalError, "The emulator failed: \(error)")
            return form.response(failure.body, status: failure.reason.httpStatus)
        }
    }

    private static func readBody(_ request: Request) async throws -> JSONObject {
        let body = try await request.body.collect(upTo: requestByteLimit)
        guard body.readableBytes > 0 else { return [:] }
        do {
            guard let object = try JSONParser.parse(Array(buffer: body)).object else {
                throw JSONError(message: "expected an object", offset: 0)
            }
            return object
        } catch {
            throw ServiceError(.parseError, "Invalid JSON payload received. \(error)")
        }
    }
}

/// The server's port, known once it listens.
private final class Port: Sendable {
    let number = Mutex(0)
    private let scheme: String

    init(scheme: String) {
        self.scheme = scheme
    }

    var endpoint: String { "\(scheme)://127.0.0.1:\(number.withLock { $0 })" }
}

/// Responds to unknown paths in the API's form.
private struct NotFoundMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return ResponseForm(request).response(ServiceError(.notFound, "Not Found").body, status: 404)
        }
    }
}
