import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import X509

/// A TLS server on 127.0.0.1 whose certificate nobody vouches for.
package struct TLSServer: Sendable {
    /// The root of the server.
    package let address: String

    /// Serves while `body` runs, with a certificate of its own that is valid in these years.
    package static func with<Result>(validYears years: Range<Int>, _ body: (TLSServer) async throws -> Result)
        async throws
        -> Result
    {
        let context = try context(validYears: years)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(TLSServer(address: "https://127.0.0.1:\(channel.localAddress?.port ?? 0)"))
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private static func context(validYears years: Range<Int>) throws -> NIOSSLContext {
        func newYear(_ year: Int) throws -> Date { try Date("\(year)-01-01T00:00:00Z", strategy: .iso8601) }
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("bqpull test") }
        let certificate = try X509.Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: newYear(years.lowerBound), notValidAfter: newYear(years.upperBound), issuer: name,
            subject: name, extensions: .init(), issuerPrivateKey: .init(key))
        let chain = try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().pemString.utf8), format: .pem)
        let privateKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(chain)], privateKey: .privateKey(privateKey)))
    }
}
