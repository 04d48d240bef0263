import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server on a real socket that answers every request with the same bytes, whether they are HTTP or not.
package struct RawServer: Sendable {
    /// What happens after the bytes were sent.
    package enum Ending: Sendable {
        case close
        case stayOpen
    }

    /// The root of the server.
    package let address: String
    private let received: Received

    /// What all connections have brought so far.
    package var receivedText: String { received.text.withLock { $0 } }

    private final class Received: Sendable {
        let text = Mutex("")
    }

    /// Serves while `body` runs.
    ///
    /// - Parameters:
    ///   - tls: what connections are encrypted with; `nil`, the default, leaves them plain.
    ///   - host: the name of this machine in the address.
    package static func with<Result>(
        _ answer: String, then ending: Ending = .close, tls: NIOSSLContext? = nil, host: String = "127.0.0.1",
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
                        Answerer(answer: answer, ending: ending, received: received))
                }
            }
            .withRunning { port in
                try await body(RawServer(address: "http\(tls == nil ? "" : "s")://\(host):\(port)", received: received))
            }
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private let ending: Ending
        private let received: Received
        private var hasAnswered = false

        init(answer: String, ending: Ending, received: Received) {
            self.received = received
            self.answer = answer
            self.ending = ending
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.text.withLock { $0 += String(buffer: unwrapInboundIn(data)) }
            guard !hasAnswered else { return }
            hasAnswered = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if case .close = ending { context.close(promise: nil) }
        }
    }
}
