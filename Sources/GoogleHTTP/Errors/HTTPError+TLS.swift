import NIOSSL

extension HTTPError.TLSFailure {
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
        case name.contains("ALERT_HANDSHAKE_FAILURE"), name.contains("ALERT_INSUFFICIENT_SECURITY"): self = .rejected
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
        case .rejected:
            "\(host) rejects the TLS handshake: it requires a client certificate, or there is no common cipher"
        }
    }
}
