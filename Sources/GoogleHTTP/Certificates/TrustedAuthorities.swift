import NIOSSL
import TextSupport

/// Extra trusted CAs, such as those of a TLS-inspecting proxy.
///
/// ```swift
/// import GoogleHTTP
/// import Logging
///
/// let transport = HTTPSTransport(
///     userAgent: "my-tool/1.0", authorities: try TrustedAuthorities(contentsOfFile: "company.pem"),
///     logger: Logger(label: "my-tool"))
/// ```
public struct TrustedAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// Reads certificates from a file. Blocks the thread.
    ///
    /// - Parameter path: a file of certificates in PEM, of at most 16 MiB, or an inherited pipe (`/dev/fd/N`), which can
    ///   be silent for 10 seconds.
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
