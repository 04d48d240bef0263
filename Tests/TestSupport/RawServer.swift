import NIOCore
import NIOPosix

/// A server on a real socket that answers every request with the same bytes, whether they are HTTP or not.
package struct RawServer: Sendable {
    /// What happens after the bytes were sent.
    package enum Ending: Sendable {
        case close
        case stayOpen
    }

    /// The root of the server.
    package let address: String

    /// Serves while `body` runs.
    package static func with<Result>(
        _ answer: String, then ending: Ending = .close, _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(answer: answer, ending: ending))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(RawServer(address: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"))
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String
        private let ending: Ending
        private var hasAnswered = false

        init(answer: String, ending: Ending) {
            self.answer = answer
            self.ending = ending
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasAnswered else { return }
            hasAnswered = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if case .close = ending { context.close(promise: nil) }
        }
    }
}
