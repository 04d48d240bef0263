import Crypto
import Foundation
package import NIOSSL
import SwiftASN1
import X509

/// A certificate authority that is not trusted by default.
package struct TestAuthority {
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName
    private let certificate: X509.Certificate

    /// The validity of certificates, in years.
    package static let validYears = 2020..<2090

    /// Creates an authority.
    package init() throws {
        name = try DistinguishedName { CommonName("bqpull test authority") }
        certificate = try X509.Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Self.newYear(Self.validYears.lowerBound),
            notValidAfter: Self.newYear(Self.validYears.upperBound), issuer: name, subject: name,
            extensions: try .init {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: .init(key))
    }

    /// The authority's certificate in PEM.
    package var pem: String { get throws { try certificate.serializeAsPEM().pemString } }

    /// The TLS context of a server with a certificate of this authority.
    ///
    /// - Parameters:
    ///   - address: The IP address of the certificate; `nil` for a DNS name.
    ///   - dnsName: The DNS name of the certificate, without an `address`.
    ///   - years: The validity of the certificate.
    ///   - isSelfSigned: Whether the certificate is self-signed.
    ///   - configure: Changes the rest of the configuration.
    /// - Returns: The context.
    /// - Throws: An error of the certificate library.
    package func serverContext(
        address: [UInt8]? = [127, 0, 0, 1], name dnsName: String = "bigquery.googleapis.com",
        validYears years: Range<Int> = validYears, isSelfSigned: Bool = false,
        configure: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("bqpull test") }
        let alternative: GeneralName =
            address.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(dnsName)
        let certificate = try X509.Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Self.newYear(years.lowerBound), notValidAfter: Self.newYear(years.upperBound),
            issuer: isSelfSigned ? subject : name, subject: subject,
            extensions: try .init { SubjectAlternativeNames([alternative]) },
            issuerPrivateKey: .init(isSelfSigned ? key : self.key))
        let chain = try NIOSSLCertificate(bytes: Array(certificate.serializeAsPEM().pemString.utf8), format: .pem)
        let privateKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(chain)], privateKey: .privateKey(privateKey))
        configure(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    private static func newYear(_ year: Int) throws -> Date { try Date("\(year)-01-01T00:00:00Z", strategy: .iso8601) }
}
