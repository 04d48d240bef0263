import NIOSSL

extension TLSConfiguration {
    /// TLS 1.2 or later, with the system's CAs and `authorities`.
    static func client(trusting authorities: TrustedAuthorities? = nil) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.additionalTrustRoots = [.certificates(authorities.certificates)] }
        return configuration
    }
}
