import NIOSSL
import TextSupport

/// Certificate authorities that are trusted besides the system's, as companies have them whose proxies read along.
public struct TrustedAuthorities: Sendable {
    let certificates: [NIOSSLCertificate]

    /// Reads a file of certificates in PEM, of at most 16 MiB. Blocks the thread; an inherited pipe (`/dev/fd/N`) may be
    /// silent for 10 seconds.
    ///
    /// - Throws: ``HTTPError`` with code `unusableAuthorities` if there is none in it.
    public init(contentsOfFile path: String) throws(HTTPError) {
        let bytes: [UInt8]
        do throws(InputFileError) {
            bytes = try InputFile.read(path, limit: InputFile.maximumTextSize)
        } catch {
            throw HTTPError(
                code: .unusableAuthorities, message: "the certificates \(printable(path)) \(error.reason)",
                hint: error.hint, cause: error)
        }
        do {
            certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw HTTPError(
                code: .unusableAuthorities, message: "\(printable(path)) cannot be read as certificates",
                hint: "give a file of one or more certificates in PEM (-----BEGIN CERTIFICATE-----)", cause: error)
        }
    }
}
