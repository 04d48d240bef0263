import AsyncHTTPClient
import Foundation
public import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import TextSupport

/// HTTP/1.1 over TLS, or plain http to this machine, with timeouts for every wait.
///
/// ```swift
/// import GoogleHTTP
/// import Logging
///
/// let transport = HTTPSTransport(userAgent: "my-tool/1.0", logger: Logger(label: "my-tool"))
/// let request = HTTPRequest(.get, "https://bigquery.googleapis.com/discovery/v1/apis/bigquery/v2/rest")
/// let (status, bytes) = try await transport.exchange(request) { head, body in
///     (head.status, try await body.collect(limit: 1 << 20))
/// }
/// print(status, bytes.count)
/// try await transport.shutdown()
/// ```
public final class HTTPSTransport: HTTPTransport {
    private let client: HTTPClient
    private let proxy: (settings: HTTPProxy, client: HTTPClient)?
    private let limits: HTTPLimits
    private let userAgent: String
    private let logger: Logger
    private let clock: any Clock<Duration>

    /// The statuses of redirects.
    private static let redirects: Set = [300, 301, 302, 303, 307, 308]
    /// The maximum size of the headers of a response.
    private static let maximumHeaderBytes = 64 << 10

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - userAgent: the product token of the program, for example `my-tool/1.0`. Every request is sent with
    ///     `User-Agent: my-tool/1.0 (gzip)`, since Google's APIs compress only for agents that contain the word `gzip`.
    ///   - limits: timeouts, and the number of connections. Defaults to ``HTTPLimits/init()``.
    ///   - proxy: the proxy for https; `nil`, the default, connects directly.
    ///   - authorities: CAs to trust in addition to the system's. Defaults to none.
    ///   - logger: logs one line per exchange at level `debug`, without secrets.
    ///   - clock: measures timeouts. Defaults to the continuous clock.
    public init(
        userAgent: String, limits: HTTPLimits = HTTPLimits(), proxy: HTTPProxy? = nil,
        authorities: TrustedAuthorities? = nil, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(limits.connectTimeout)
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = .client(trusting: authorities)
        configuration.http1_1ConnectionDebugInitializer = ConnectionGuard.add
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connectionsPerHost
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.proxy = proxy.map { settings in
            configuration.proxy = settings.client
            return (settings, HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration))
        }
        self.limits = limits
        self.userAgent = "\(userAgent) (gzip)"
        self.logger = logger
        self.clock = clock
    }

    deinit {
        // AsyncHTTPClient traps if a client is released before its shutdown.
        client.shutdown { _ in }
        proxy?.client.shutdown { _ in }
    }

    /// Closes all connections. Otherwise they are closed some time after the transport is released.
    ///
    /// - Throws: the HTTP client's error, for example if the transport was shut down before.
    public func shutdown() async throws {
        try await client.shutdown()
        try await proxy?.client.shutdown()
    }

    /// Sends a request and passes the response to `receive`, as ``HTTPTransport`` describes.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - receive: reads the response. It is cancelled when a limit of ``HTTPLimits`` is exceeded.
    /// - Returns: what `receive` returns.
    /// - Throws: ``HTTPError``, `CancellationError`, or what `receive` throws.
    public func exchange<Response: Sendable>(
        _ request: HTTPRequest,
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
    ) async throws -> Response {
        let (host, port) = try request.validate()
        let detector = StallDetector(clock: clock, limits: limits, firstByteTimeout: request.firstByteTimeout)
        return try await withThrowingTaskGroup(of: Outcome<Response>.self) { group in
            group.addTask {
                .response(try await self.perform(request, host: host, detector: detector, receive: receive))
            }
            group.addTask { .violation(try await detector.firstViolation()) }
            defer { group.cancelAll() }
            do {
                switch try await group.next() {
                case .response(let response): return response
                case .violation(let violation): throw HTTPError(violation, host: host)
                case nil: throw CancellationError()
                }
            } catch let error as HTTPError
                where error.cause.flatMap(HTTPError.TLSFailure.init) == .certificate && proxy(for: host) == nil
            {
                let certificate = await PresentedCertificate.fetch(host: host, port: port ?? 443)
                throw error.refined(by: certificate, at: Date(), host: host)
            }
        }
    }

    private func proxy(for host: String) -> (settings: HTTPProxy, client: HTTPClient)? {
        proxy.flatMap { $0.settings.serves(host.lowercased()) ? $0 : nil }
    }

    private enum Outcome<Response: Sendable>: Sendable {
        case response(Response)
        case violation(StallDetector.Violation)
    }

    private func perform<Response: Sendable>(
        _ request: HTTPRequest, host: String, detector: StallDetector,
        receive: @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
    ) async throws -> Response {
        let response: HTTPClientResponse
        let proxy = proxy(for: host)
        let clock = clock
        let elapsed = stopwatch(clock)
        let proxyAddress = try proxy?.settings.address.get()
        do {
            // The stall detector ends an exchange. A deadline of the client would use another clock.
            response = try await (proxy?.client ?? client).execute(clientRequest(request), deadline: .distantFuture)
        } catch {
            try Task.checkCancellation()
            var failure = HTTPError(
                transport: error, host: host, proxy: proxyAddress.map { "\($0.host):\($0.port)" })
            failure.isBeforeResponse = failure.code == .connectionLost
            logger.debug("\(request): \(failure.message), after \(elapsed().milliseconds) ms")
            throw failure
        }
        detector.receivedHead()
        logger.debug("\(request): \(response.status.code), after \(elapsed().milliseconds) ms")
        let head = HTTPResponseHead(
            status: Int(response.status.code),
            headers: response.headers.map { (name: $0.name, value: $0.value) }
        )
        let headerBytes = response.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard headerBytes <= Self.maximumHeaderBytes else {
            throw HTTPError(code: .protocolViolation, message: "\(host) sent \(headerBytes) bytes of headers")
        }
        try rejectRedirect(head, host: host)
        guard head.status != 407 else {
            throw HTTPError(
                code: .proxy, message: "the proxy to \(host) requires authentication (HTTP 407)",
                detail: .proxyAuthenticationRequired)
        }
        var iterator = response.body.makeAsyncIterator()
        let nextChunk = { () async throws -> ByteBuffer? in
            do {
                guard let chunk = try await iterator.next() else { return nil }
                detector.received(byteCount: chunk.readableBytes)
                return chunk
            } catch {
                try Task.checkCancellation()
                throw HTTPError(transport: error, host: host)
            }
        }
        var body = HTTPBody(nextChunk, onHold: detector.held)
        return try await receive(head, &body)
    }

    private func clientRequest(_ request: HTTPRequest) -> HTTPClientRequest {
        var result = HTTPClientRequest(url: request.url)
        result.method = HTTPMethod(rawValue: request.method.rawValue)
        result.headers.add(name: "User-Agent", value: userAgent)
        result.headers.add(name: "Accept", value: "application/json")
        for header in request.headers { result.headers.add(name: header.name, value: header.value) }
        if let authorization = request.authorization {
            result.headers.add(name: "Authorization", value: authorization.reveal())
        }
        if let body = request.body { result.body = .bytes(ByteBuffer(bytes: body)) }
        return result
    }

    private func rejectRedirect(_ head: HTTPResponseHead, host: String) throws(HTTPError) {
        guard Self.redirects.contains(head.status) else { return }
        let location = head["Location"].map { " to \(printable($0, limit: 200))" } ?? ""
        throw HTTPError(
            code: .redirected, message: "\(host) responded with a redirect (HTTP \(head.status))\(location)")
    }
}

extension Duration {
    /// Milliseconds, rounded.
    fileprivate var milliseconds: Int64 { Int64((self / .milliseconds(1)).rounded()) }
}
