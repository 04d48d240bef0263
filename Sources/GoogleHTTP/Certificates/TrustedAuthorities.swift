import NIOSSL

/// Certificate authorities that are trusted besides the system's, as companies have them whose proxies read along.
public struct TrustedAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// Reads a file of certificates in PEM.
    ///
    /// - Throws: ``HTTPError`` with code `unusableAuthorities` if there is none in it.
    public init(contentsOfFile path: String) throws(HTTPError) {
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw HTTPError(
                code: .unusableAuthorities, message: "\(printable(path)) cannot be read as certificates",
                hint: "give a file of one or more certificates in PEM (-----BEGIN CERTIFICATE-----)", cause: error)
        }
        certificates = found
    }
}
