import Foundation
import GoogleHTTP

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a file that the user named, at most 64 KiB; a pipe, which a process may hand in as `/dev/fd/3`, is read
/// too. A byte-order mark at the beginning, as PowerShell writes it, is left out.
///
/// - Parameter what: what the file is, for errors: "the credentials file".
/// - Throws: ``OAuthError`` with code `credentialsMissing` or `credentialsInvalid`.
package func readCredentialsFile(_ path: String, what: String = "the credentials file") throws(OAuthError) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        throw OAuthError(
            code: .credentialsMissing,
            message: "\(what) \(printable(path)) cannot be read (\(String(cString: strerror(errno))))",
            hint: "check the path and its permissions"
        )
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: PrivateFile.maximumSize + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else {
        throw OAuthError(
            code: .credentialsMissing, message: "\(what) \(printable(path)) cannot be read",
            hint: "it must be a file, not a folder"
        )
    }
    guard count <= PrivateFile.maximumSize else {
        throw OAuthError(
            code: .credentialsInvalid, message: "\(printable(path)) is larger than 64 KiB, so it is not \(what)",
            hint: "name another file"
        )
    }
    return withoutByteOrderMark(bytes.prefix(count))
}

/// The bytes without the byte-order mark of UTF-8 that some editors put in front.
func withoutByteOrderMark(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes.dropFirst(0))
}

/// How credentials and what belongs to them stand in files.
enum CredentialJSON {
    /// - Throws: ``OAuthError`` with code `cannotStore`, which would be a bug.
    static func encode(_ value: some Encodable) throws(OAuthError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            return Array(try encoder.encode(value)) + [0x0A]
        } catch {
            throw OAuthError(code: .cannotStore, message: "a value cannot be written as JSON", cause: error)
        }
    }

    /// - Throws: `DuplicateMember` if either value of a member would be a guess, or `DecodingError`.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decodeUnambiguous(type, from: bytes)
    }

    /// Rejects a file that has a member twice in one object, by the member's name and never its values.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid`.
    static func requireDistinctMembers(_ bytes: [UInt8], path: String) throws(OAuthError) {
        guard let duplicate = DuplicateMember(in: bytes) else { return }
        throw OAuthError(
            code: .credentialsInvalid,
            message: "\(printable(path)) has the member \(printable(duplicate.name, limit: 100)) twice in one object",
            hint: "remove the wrong one of the two, or make the file again")
    }
}
