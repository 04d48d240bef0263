import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The validity of the certificate that a server presents, whether or not it is trusted.
///
/// TLS reports an invalid certificate and a wrong clock alike. The dates distinguish them.
struct PresentedCertificate: Sendable {
    let notBefore: Date
    let notAfter: Date

    /// Short, since the certificate only explains a failure.
    private static let timeout: TimeAmount = .seconds(5)

    /// Connects to a server and rejects its certificate, so that the handshake fails and no request is sent.
    ///
    /// Errors are dropped: the caller has the error of the request, which the certificate only explains.
    ///
    /// - Returns: the certificate; `nil` if none was received.
    static func fetch(host: String, port: Int) async -> PresentedCertificate? {
        let result = Box()
        guard let context = try? NIOSSLContext(configuration: .client()) else { return nil }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: isAddress(host) ? nil : host,
                        customVerificationCallback: { certificates, verdict in
                            result.note(certificates.first)
                            verdict.succeed(.failed)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        guard let channel = try? await bootstrap.connect(host: host, port: port).get() else { return nil }
        let end = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        try? await channel.closeFuture.get()
        end.cancel()
        return result.value
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// Passes the certificate from the event loop to the caller.
    private final class Box: Sendable {
        private let seen = Mutex<PresentedCertificate?>(nil)

        var value: PresentedCertificate? { seen.withLock { $0 } }

        func note(_ certificate: NIOSSLCertificate?) {
            guard let certificate else { return }
            seen.withLock {
                $0 = PresentedCertificate(
                    notBefore: Date(timeIntervalSince1970: TimeInterval(certificate.notValidBefore)),
                    notAfter: Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter))
                )
            }
        }
    }
}
