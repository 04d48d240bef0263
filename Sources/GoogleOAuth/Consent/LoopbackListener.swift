public import GoogleHTTP
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on 127.0.0.1 that receives the browser's redirect after a consent.
///
/// Requests that do not belong to the consent request (another path, another `state`) are rejected without effect, since
/// any page in the browser can send them.
///
/// ```swift
/// import GoogleHTTP
/// import GoogleOAuth
///
/// func signIn(_ client: OAuthClient, transport: any HTTPTransport) async throws -> AuthorizedUserCredential {
///     try await LoopbackListener.with { listener in
///         let request = try ConsentRequest(client: client, redirectURI: "http://127.0.0.1:\(listener.port)")
///         let redirect = listener.expectRedirect(of: request)
///         print("open", request.url)
///         let code = try await redirect.authorizationCode()
///         return try await request.exchange(code, TokenContext(transport: transport)).credential
///     }
/// }
/// ```
public struct LoopbackListener: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    private let consent: PendingConsent

    /// Listens while `body` runs.
    ///
    /// - Parameters:
    ///   - port: 1 to 65,535, or 0, the default, for a free port.
    ///   - body: receives the listener.
    /// - Returns: the result of `body`.
    /// - Throws: ``OAuthError`` with code `cannotListen`, or what `body` throws.
    public static func with<Result>(
        port: Int = 0, _ body: (LoopbackListener) async throws -> Result
    ) async throws -> Result {
        guard (0...65_535).contains(port) else {
            throw OAuthError(
                code: .cannotListen, message: "port \(port) is out of range: 1 to 65535, or 0 for a free port")
        }
        let consent = PendingConsent()
        let server: any Channel
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                        try pipeline.addHandlers(IdleStateHandler(readTimeout: idleTimeout), Handler(consent))
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
        } catch {
            throw OAuthError(
                code: .cannotListen,
                message: "cannot listen on port \(port) of 127.0.0.1 (\(systemReason(error) ?? "\(error)"))",
                cause: error)
        }
        let listener = LoopbackListener(port: server.localAddress?.port ?? port, consent: consent)
        do {
            let result = try await body(listener)
            // Fails only if the server is closed already.
            try? await server.close()
            return result
        } catch {
            try? await server.close()
            throw error
        }
    }

    /// The time limit of a silent connection; browsers open some speculatively.
    private static let idleTimeout: TimeAmount = .seconds(30)

    /// The redirect of a consent request, which has not arrived yet.
    public struct ExpectedRedirect: Sendable {
        fileprivate let results: AsyncStream<Result<Secret, OAuthError>>

        /// Waits for the redirect.
        ///
        /// - Returns: the authorization code.
        /// - Throws: ``OAuthError`` if the redirect contains an error, or `CancellationError`.
        public func authorizationCode() async throws -> Secret {
            for await result in results { return try result.get() }
            throw CancellationError()
        }
    }

    /// Accepts the redirect of a request whose redirect URI is this listener. Call it before the user opens the sign-in
    /// URL, since a browser can be redirected at once.
    ///
    /// - Parameter request: the only request whose redirect is accepted from now on.
    /// - Returns: the redirect to wait for, once.
    public func expectRedirect(of request: ConsentRequest) -> ExpectedRedirect {
        let (results, continuation) = AsyncStream<Result<Secret, OAuthError>>.makeStream()
        consent.expect(request, continuation)
        return ExpectedRedirect(results: results)
    }

    /// The consent request whose redirect is accepted.
    fileprivate final class PendingConsent: Sendable {
        private typealias Expected = (
            request: ConsentRequest, continuation: AsyncStream<Result<Secret, OAuthError>>.Continuation
        )

        private let expected = Mutex<Expected?>(nil)

        func expect(_ request: ConsentRequest, _ continuation: AsyncStream<Result<Secret, OAuthError>>.Continuation) {
            expected.withLock { $0 = (request, continuation) }
        }

        /// The page for a request, and a closure to call after it was sent.
        func receive(target: String) -> (page: RedirectPage, afterwards: @Sendable () -> Void) {
            guard let (request, continuation) = expected.withLock({ $0 }),
                let query = request.redirectQuery(ofTarget: target)
            else { return (.notFound, {}) }
            do throws(OAuthError) {
                let code = try request.authorizationCode(inQuery: query)
                return (.signedIn, { continuation.yield(.success(code)) })
            } catch {
                guard error.code != .wrongState, error.code != .noCode else { return (.unexpected, {}) }
                return (.denied, { continuation.yield(.failure(error)) })
            }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let consent: PendingConsent
        private var target = ""

        init(_ consent: PendingConsent) {
            self.consent = consent
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): target = head.method == .GET ? head.uri : ""
            case .body: break
            case .end: respond(context)
            }
        }

        private func respond(_ context: ChannelHandlerContext) {
            let (page, afterwards) = consent.receive(target: target)
            let body = ByteBuffer(string: page.html)
            var head = HTTPResponseHead(version: .http1_1, status: page.status)
            head.headers.add(contentsOf: [
                ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "\(body.readableBytes)"),
                ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("Connection", "close"),
            ])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
                channel.close(promise: nil)
                afterwards()
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

extension ConsentRequest {
    /// The query of a request target, if its path is that of the redirect URI.
    fileprivate func redirectQuery(ofTarget target: String) -> String? {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == redirectPath else { return nil }
        return String(parts[1])
    }
}

/// The page that the browser shows after the consent. It contains nothing of the request.
private struct RedirectPage {
    let status: HTTPResponseStatus
    let title: String
    let text: String

    static let signedIn = RedirectPage(status: .ok, title: "Signed in", text: "You can close this tab.")
    static let denied = RedirectPage(
        status: .ok, title: "Access denied", text: "The terminal shows the reason. You can close this tab."
    )
    static let unexpected = RedirectPage(
        status: .badRequest, title: "Unexpected sign-in",
        text: "Open the sign-in URL that was printed last. You can close this tab."
    )
    static let notFound = RedirectPage(status: .notFound, title: "Not found", text: "You can close this tab.")

    var html: String {
        """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
        <body style="font: 1.1rem sans-serif; margin: 4rem auto; max-width: 32rem"><h1>\(title)</h1><p>\(text)</p></body></html>

        """
    }
}
