import NIOCore
import NIOPosix
import NIOSSL

/// A TLS server on 127.0.0.1 with an untrusted certificate.
package struct TLSServer: Sendable {
    /// The URL of the server.
    package let address: String

    /// Serves while `body` runs, with a self-signed certificate that is valid in these years.
    package static func with<Result>(validYears years: Range<Int>, _ body: (TLSServer) async throws -> Result)
        async throws
        -> Result
    {
        let context = try TestAuthority().serverContext(validYears: years, isSelfSigned: true)
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
            }
            .withRunning { port in try await body(TLSServer(address: "https://127.0.0.1:\(port)")) }
    }
}
