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
    /// The members of an `authorized_user` file; all may be missing, so that an error can name one.
    private struct File: Decodable {
        var type: String?
        var client_id: String?
        var client_secret: String?
        var refresh_token: String?
        var token_uri: String?
        var quota_project_id: String?
    }

    /// The size that a credentials file may have, in bytes.
    private static let maximumFileSize = 64 * 1024

    /// Reads an `authorized_user` JSON file.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it
    ///   is no `authorized_user` file or incomplete, `untrustedTokenURI` if it names a foreign token endpoint.
    public init(contentsOfFile path: String) throws(OAuthError) {
        let bytes = try Self.readFile(path)
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is not a JSON file of credentials",
                hint: "it must be an authorized_user file with client_id, client_secret and refresh_token"
            )
        }
        guard file.type == nil || file.type == "authorized_user" else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(path)) holds credentials of type \(printable(file.type ?? "", limit: 60))",
                hint: "an authorized_user file is needed: client_id, client_secret, refresh_token"
            )
        }
        do {
            try self.init(
                clientID: file.client_id ?? "", clientSecret: Secret(file.client_secret ?? ""),
                refreshToken: Secret(file.refresh_token ?? ""), tokenURI: file.token_uri ?? Self.googleTokenURI,
                quotaProjectID: file.quota_project_id
            )
        } catch {
            throw OAuthError(code: error.code, message: "\(printable(path)): \(error.message)", hint: error.hint)
        }
    }

    /// The bytes of a regular file of at most ``maximumFileSize``; a pipe, which a process may hand in as
    /// `/dev/fd/3`, is read too.
    private static func readFile(_ path: String) throws(OAuthError) -> [UInt8] {
        guard let file = fopen(path, "rb") else {
            throw OAuthError(
                code: .credentialsMissing,
                message: "the credentials file \(printable(path)) cannot be read (\(String(cString: strerror(errno))))",
                hint: "check the path; --credentials FILE names another one"
            )
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumFileSize + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw OAuthError(
                code: .credentialsMissing, message: "the credentials file \(printable(path)) cannot be read",
                hint: "it must be a file, not a folder"
            )
        }
        guard count <= maximumFileSize else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(path)) is larger than 64 KiB, so it is no credentials file"
            )
        }
        return Array(bytes.prefix(count))
    }
}
