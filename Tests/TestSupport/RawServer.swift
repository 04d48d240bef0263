import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server on a real socket that responds to every request with the same bytes, HTTP or not.
package struct RawServer: Sendable {
    /// What the server does after sending the bytes.
    package enum Ending: Sendable {
        case close
        case stayOpen
    }

    /// The URL of the server.
    package let address: String
    private let received: Received

    /// The bytes received on all connections so far.
    package var receivedText: String { received.text.withLock { $0 } }

    private final class Received: Sendable {
        let text = Mutex("")
        let arrivals: AsyncStream<Void>
        let arrived: AsyncStream<Void>.Continuation

        init() {
            (arrivals, arrived) = AsyncStream.makeStream()
        }
    }

    /// Waits until a client has sent something.
    package func waitForRequest() async {
        for await _ in received.arrivals { return }
    }

    /// Serves while `body` runs.
    ///
    /// - Parameters:
    ///   - response: The bytes of the response.
    ///   - ending: What to do after sending them. Defaults to closing the connection.
    ///   - tls: The TLS context; `nil`, the default, for plain connections.
    ///   - host: The host in the URL.
    ///   - body: The client.
    /// - Returns: The result of `body`.
    /// - Throws: An error of the socket or of `body`.
    package static func with<Result>(
        _ response: String, then ending: Ending = .close, tls: NIOSSLContext? = nil, host: String = "127.0.0.1",
        _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let received = Received()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Responder(response: response, ending: ending, received: received))
                }
            }
            .withRunning { port in
                try await body(RawServer(address: "http\(tls == nil ? "" : "s")://\(host):\(port)", received: received))
            }
    }

    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let response: String
        private let ending: Ending
        private let received: Received
        private var hasResponded = false

        init(response: String, ending: Ending, received: Received) {
            self.received = received
            self.response = response
            self.ending = ending
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
            received.arrived.yield()
            guard !hasResponded else { return }
            hasResponded = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            if case .close = ending { context.close(promise: nil) }
        }
    }
}
