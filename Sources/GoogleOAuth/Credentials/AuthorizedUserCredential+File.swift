import Foundation
import GoogleHTTP

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension AuthorizedUserCredential {
    /// Reads an `authorized_user` JSON file.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it
    ///   is no `authorized_user` file or incomplete, `untrustedTokenURI` if it names a foreign token endpoint.
    public init(contentsOfFile path: String) throws(OAuthError) {
        self = try AuthorizedUserFile(json: try readCredentialsFile(path), path: path).credential(path: path)
    }

    /// The credential as an `authorized_user` JSON file, as Google's libraries read it. It holds the secrets.
    public func authorizedUserFile() throws(OAuthError) -> [UInt8] {
        try CredentialStore.encode(AuthorizedUserFile(self))
    }
}

/// The bytes of a file that the user named, at most 64 KiB; a pipe, which a process may hand in as `/dev/fd/3`,
/// is read too.
///
/// - Throws: ``OAuthError`` with code `credentialsMissing` or `credentialsInvalid`.
func readCredentialsFile(_ path: String) throws(OAuthError) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        throw OAuthError(
            code: .credentialsMissing,
            message: "the credentials file \(printable(path)) cannot be read (\(String(cString: strerror(errno))))",
            hint: "check the path; --credentials FILE names another one"
        )
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: PrivateFile.maximumSize + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else {
        throw OAuthError(
            code: .credentialsMissing, message: "the credentials file \(printable(path)) cannot be read",
            hint: "it must be a file, not a folder"
        )
    }
    guard count <= PrivateFile.maximumSize else {
        throw OAuthError(
            code: .credentialsInvalid,
            message: "\(printable(path)) is larger than 64 KiB, so it is no credentials file"
        )
    }
    return Array(bytes.prefix(count))
}
