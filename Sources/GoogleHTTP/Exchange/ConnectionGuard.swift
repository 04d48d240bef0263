import NIOCore
import NIOHTTP1
import NIOSSL

/// Rejects invalid status codes, and certificates that match a host of one label by a wildcard.
///
/// Stands between the HTTP codec and the client's handler. The client ignores a head whose status is below 100, and
/// traps on the body that follows. NIOSSL lets the wildcard `*` match every host of one label, such as `localhost`.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private var hasCheckedCertificate = false
    private var failure: (any Error)?

    /// Adds a guard to an open connection before its first request.
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(ConnectionGuard(), position: .after(decoder))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if !hasCheckedCertificate, case .head(let head) = unwrapOutboundIn(data) {
            hasCheckedCertificate = true
            // A plain connection has no TLS handler to get it from.
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            if let certificate, !certificate.names(head.headers["Host"].first ?? "") {
                failure = WildcardCertificate()
                // The client is sending, and handles an error only afterwards.
                context.eventLoop.assumeIsolated().execute { self.close(context) }
            }
        }
        guard let failure else { return context.write(data, promise: promise) }
        promise?.fail(failure)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard failure == nil else { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            failure = HTTPParserError.invalidStatus
            return close(context)
        }
        context.fireChannelRead(data)
    }

    private func close(_ context: ChannelHandlerContext) {
        guard let failure else { return }
        context.fireErrorCaught(failure)
        context.close(promise: nil)
    }
}

/// The certificate matches the host only by the wildcard `*`.
struct WildcardCertificate: Error {}

extension NIOSSLCertificate {
    /// Whether the certificate has the name of a host of one label. NIOSSL has checked all other hosts.
    ///
    /// A wildcard is one label of a longer name (RFC 6125, 6.4.3).
    ///
    /// - Parameter host: the value of the header `Host`.
    /// - Returns: `false` if only a wildcard matches.
    fileprivate func names(_ host: String) -> Bool {
        var name = host.prefix { $0 != ":" }.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        guard !host.hasPrefix("["), !name.contains(".") else { return true }
        return _subjectAlternativeNames().contains {
            $0.nameType == .dnsName && String(decoding: $0.contents, as: UTF8.self).lowercased() == name
        }
    }
}
