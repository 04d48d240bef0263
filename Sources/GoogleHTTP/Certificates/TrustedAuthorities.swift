import NIOSSL
import TextSupport

/// Extra trusted CAs, such as those of a TLS-inspecting proxy.
public struct TrustedAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// Reads a file of certificates in PEM, of at most 16 MiB. Blocks the thread. An inherited pipe (`/dev/fd/N`) can
    /// be silent for 10 seconds.
    ///
    /// - Throws: ``HTTPError`` with code `unusableAuthorities` if the file cannot be read, or has no certificate.
    public init(contentsOfFile path: String) throws(HTTPError) {
        let bytes: [UInt8]
        do throws(InputFileError) {
            bytes = try InputFile.read(path, limit: InputFile.maximumTextSize)
        } catch {
            throw HTTPError(
                code: .unusableAuthorities, message: "the certificates \(printable(path)) \(error.reason)",
                cause: error)
        }
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw HTTPError(
                code: .unusableAuthorities, message: "\(printable(path)) does not contain certificates in PEM",
                cause: error)
        }
    }
}
