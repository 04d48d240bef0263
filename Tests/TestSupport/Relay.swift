import NIOCore
import NIOPosix
import Synchronization

/// A TCP relay to a local server, whose connections can be cut.
package final class Relay: Sendable {
    /// The URL of the relay.
    package var address: String { "http://127.0.0.1:\(port.load(ordering: .relaxed))" }

    private let port = Atomic(0)
    private let open = Mutex<[any Channel]>([])

    /// Relays to a port while `body` runs.
    package static func with<Result>(to port: Int, _ body: (Relay) async throws -> Result) async throws -> Result {
        let relay = Relay()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(Forwarder(to: client))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { server in
                        relay.open.withLock { $0 += [client, server] }
                        try client.pipeline.syncOperations.addHandler(Forwarder(to: server))
                    }
            }
            .withRunning { port in
                relay.port.store(port, ordering: .relaxed)
                return try await body(relay)
            }
    }

    /// Closes all open connections; new ones can be opened.
    ///
    /// - Returns: The number of closed connections.
    package func cut() -> Int {
        let channels = open.withLock { open in
            defer { open = [] }
            return open.filter(\.isActive)
        }
        for channel in channels { channel.close(promise: nil) }
        return channels.count / 2
    }

    private final class Forwarder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        init(to other: any Channel) {
            self.other = other
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            other.close(promise: nil)
            context.fireChannelInactive()
        }
    }
}
