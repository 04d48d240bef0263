import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The certificate that a server shows, looked at without trusting it.
///
/// A rejected certificate and a wrong clock look alike to TLS. The certificate's dates tell them apart.
struct PresentedCertificate: Sendable {
    let notBefore: Date
    let notAfter: Date

    /// How long a look may take; it only explains a failure that happened already.
    private static let timeout: TimeAmount = .seconds(5)

    /// Connects, notes the certificate, and refuses it: the handshake never succeeds, so nothing is ever sent.
    ///
    /// - Returns: `nil` if no certificate was seen.
    static func look(host: String, port: Int) async -> PresentedCertificate? {
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

    /// Hands the certificate from the event loop to the caller.
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
