import NIOSSL

/// Why a TLS connection was not established, or was closed after the handshake.
package enum TLSFailure: Sendable, Hashable {
    /// The server's certificate is not trusted, is not valid now, or has another name.
    case certificate
    /// The server's certificate matches the host only by the wildcard `*`.
    case wildcard
    /// The server requires a client certificate. In TLS 1.3 it reports this after the handshake.
    case clientCertificate
    /// The server does not accept TLS 1.2 or later.
    case version
    /// The server rejects the handshake without a reason. In TLS 1.2 this can mean that it requires a client
    /// certificate.
    case refused

    /// Classifies an error; `nil` for broken connections, and for errors of other layers.
    init?(_ error: any Error) {
        switch error {
        case is NIOSSLExtraError: self = .certificate
        case is WildcardCertificate: self = .wildcard
        case NIOSSLError.handshakeFailed(let reason): self.init(reason: reason)
        case let reason as BoringSSLError: self.init(reason: reason)
        default: return nil
        }
    }

    private init?(reason: BoringSSLError) {
        // The names of BoringSSL's errors. Names with ALERT come from the server.
        let text = String(describing: reason)
        let name = text.matches(of: /[A-Z0-9]+(?:_[A-Z0-9]+)+/).map(\.output).joined(separator: " ")
        switch true {
        case name.contains("ALERT_") && name.contains("CERTIFICATE"), name.contains("CERTIFICATE_REQUIRED"):
            self = .clientCertificate
        case name.contains("PROTOCOL_VERSION"), name.contains("UNSUPPORTED_PROTOCOL"): self = .version
        case name.contains("ALERT_HANDSHAKE_FAILURE"), name.contains("ALERT_INSUFFICIENT_SECURITY"): self = .refused
        case name.contains("CERTIFICATE"): self = .certificate
        default: return nil
        }
    }

    /// What failed, on one line.
    func message(host: String) -> String {
        switch self {
        case .certificate: "the certificate of \(host) is not trusted"
        case .wildcard: "the certificate of \(host) matches it only by the wildcard *"
        case .clientCertificate: "\(host) requires a client certificate"
        case .version: "\(host) does not accept TLS 1.2 or later"
        case .refused:
            "\(host) refuses the TLS handshake: it requires a client certificate, or there is no common cipher"
        }
    }
}
