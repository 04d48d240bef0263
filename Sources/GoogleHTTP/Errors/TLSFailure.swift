import NIOSSL

/// Why a TLS connection was not made, or was refused after it was made.
enum TLSFailure {
    /// The server's certificate is not trusted, is not valid now, or is for another name.
    case certificate
    /// The server's certificate is for the host by the wildcard `*` only.
    case wildcard
    /// The server requires a certificate of its client. In TLS 1.3 it says so after the handshake.
    case clientCertificate
    /// The server accepts no version from 1.2 on.
    case version
    /// The server refuses what was offered, without a reason. In TLS 1.2 this is also how a client certificate is
    /// required.
    case refused

    /// The failure that an error stands for; `nil` for broken connections, and for errors of other layers.
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
        // The names of BoringSSL's errors; those with ALERT were sent by the server.
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

    /// What failed, in one line.
    func message(host: String) -> String {
        switch self {
        case .certificate: "the certificate of \(host) is not trusted"
        case .wildcard: "the certificate of \(host) names it only by the wildcard *"
        case .clientCertificate: "\(host) requires a client certificate"
        case .version: "\(host) does not accept TLS 1.2 or later"
        case .refused:
            "\(host) refuses the TLS handshake: it requires a client certificate, or no cipher is common to both"
        }
    }

    /// What to do about it.
    func hint(host: String) -> String {
        switch self {
        case .certificate:
            "something between this machine and \(host) reads the traffic, or a certificate authority is missing here: give its file with --ca-file"
        case .wildcard: "give the server a certificate that names \(host)"
        case .clientCertificate, .refused:
            "client certificates are not supported; use an endpoint that requires none, and check the proxy"
        case .version: "enable TLS 1.2 or 1.3 on the server, and check the proxy"
        }
    }
}
