public import GoogleHTTP
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Waits on 127.0.0.1 for the browser that comes back from the consent.
///
/// It answers one request as asked for; what does not belong to the consent request (another path, another
/// `state`) is turned away and changes nothing, since any page in the browser can send it.
public struct LoopbackListener: Sendable {
    /// The port on 127.0.0.1.
    public let port: Int
    private let desk: Desk

    /// Listens while `body` runs.
    ///
    /// - Parameter port: 0, the default, takes a free one.
    /// - Throws: ``OAuthError`` with code `cannotListen`, or what `body` throws.
    public static func with<Result>(
        port: Int = 0, _ body: (LoopbackListener) async throws -> Result
    ) async throws -> Result {
        guard (0...65_535).contains(port) else {
            throw OAuthError(
                code: .cannotListen, message: "\(port) is not a port: ports are 0 to 65535",
                hint: "choose one from 1024 to 65535, or 0 for a free one")
        }
        let desk = Desk()
        let server: any Channel
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                        try pipeline.addHandlers(IdleStateHandler(readTimeout: idleTimeout), Handler(desk: desk))
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
        } catch {
            throw OAuthError(
                code: .cannotListen,
                message: "port \(port) of 127.0.0.1 cannot be listened on (\(systemReason(error) ?? "\(error)"))",
                hint: "give another --port, or --redirect-uri with another one", cause: error
            )
        }
        let listener = LoopbackListener(port: server.localAddress?.port ?? port, desk: desk)
        do {
            let result = try await body(listener)
            try? await server.close()
            return result
        } catch {
            try? await server.close()
            throw error
        }
    }

    /// How long a connection may be silent; browsers open some ahead of need.
    private static let idleTimeout: TimeAmount = .seconds(30)

    /// An answer that the browser is expected to bring.
    public struct ExpectedAnswer: Sendable {
        fileprivate let answers: AsyncStream<Result<Secret, OAuthError>>

        /// Waits for the answer.
        ///
        /// - Returns: the authorization code.
        /// - Throws: ``OAuthError`` if the answer is an error, or `CancellationError`.
        public func authorizationCode() async throws -> Secret {
            for await answer in answers { return try answer.get() }
            throw CancellationError()
        }
    }

    /// Takes the answer to a request whose redirect URI leads here. To be called before the user is sent to the
    /// request's address, since some browsers come back at once.
    public func expectAnswer(to request: ConsentRequest) -> ExpectedAnswer {
        let (answers, continuation) = AsyncStream<Result<Secret, OAuthError>>.makeStream()
        desk.expect(request, answer: continuation)
        return ExpectedAnswer(answers: answers)
    }

    /// Judges what comes in, and keeps for whom the answer is.
    fileprivate final class Desk: Sendable {
        private typealias Expectation = (
            request: ConsentRequest, answer: AsyncStream<Result<Secret, OAuthError>>.Continuation
        )

        private let expectation = Mutex<Expectation?>(nil)

        func expect(_ request: ConsentRequest, answer: AsyncStream<Result<Secret, OAuthError>>.Continuation) {
            expectation.withLock { $0 = (request, answer) }
        }

        /// The page for a request, and what is to be done once it was sent.
        func receive(target: String) -> (page: AnswerPage, afterwards: @Sendable () -> Void) {
            guard let expectation = expectation.withLock({ $0 }),
                let query = expectation.request.answerQuery(ofTarget: target)
            else { return (.notFound, {}) }
            do throws(OAuthError) {
                let code = try expectation.request.authorizationCode(inQuery: query)
                return (.received, { expectation.answer.yield(.success(code)) })
            } catch {
                guard error.code != .wrongState, error.code != .noCode else { return (.foreign, {}) }
                return (.refused, { expectation.answer.yield(.failure(error)) })
            }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let desk: Desk
        private var target = ""

        init(desk: Desk) {
            self.desk = desk
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): target = head.method == .GET ? head.uri : ""
            case .body: break
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            let (page, afterwards) = desk.receive(target: target)
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
    /// The query of a request's target, if its path is the one of the redirect URI.
    fileprivate func answerQuery(ofTarget target: String) -> String? {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == redirectPath else { return nil }
        return String(parts[1])
    }
}

/// What the browser shows after the consent. Nothing of the request stands in it.
private struct AnswerPage {
    let status: HTTPResponseStatus
    let title: String
    let text: String

    static let received = AnswerPage(
        status: .ok, title: "bqpull has the answer",
        text: "The terminal in which it runs says how it goes on. You can close this page."
    )
    static let refused = AnswerPage(
        status: .ok, title: "Access not allowed",
        text: "The terminal in which bqpull runs says why. You can close this page."
    )
    static let foreign = AnswerPage(
        status: .badRequest, title: "Not the answer that bqpull waits for",
        text: "Open the address that bqpull printed last. You can close this page."
    )
    static let notFound = AnswerPage(status: .notFound, title: "Nothing here", text: "You can close this page.")

    var html: String {
        """
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
        <body style="font: 1.1rem sans-serif; margin: 4rem auto; max-width: 32rem"><h1>\(title)</h1><p>\(text)</p></body></html>

        """
    }
}
