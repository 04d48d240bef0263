import NIOSSL

extension TLSConfiguration {
    /// How servers are met: TLS 1.2 or later, and a certificate that an authority of the system or one of `authorities`
    /// vouches for.
    static func client(trusting authorities: TrustedAuthorities? = nil) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities { configuration.additionalTrustRoots = [.certificates(authorities.certificates)] }
        return configuration
    }
}
