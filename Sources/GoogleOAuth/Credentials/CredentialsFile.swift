import Foundation
import GoogleHTTP
import TextSupport

/// Reads a file that the user named, at most 64 KiB; an inherited pipe (`/dev/fd/N`) is read too. A byte-order mark at
/// the beginning, as PowerShell writes it, is left out.
///
/// Blocks the thread.
///
/// - Parameters:
///   - what: what the file is, for errors: "the credentials file".
///   - patience: how long a pipe may stay silent. Defaults to 10 seconds; `nil` waits indefinitely.
/// - Throws: ``OAuthError`` with code `credentialsMissing` or `credentialsInvalid`.
package func readCredentialsFile(
    _ path: String, what: String = "the credentials file", patience: Duration? = InputFile.pipeTimeout
) throws(OAuthError) -> [UInt8] {
    do throws(InputFileError) {
        return withoutByteOrderMark(try InputFile.read(path, limit: PrivateFile.maximumSize, timeout: patience))
    } catch {
        guard case .tooLarge = error.kind else {
            throw OAuthError(
                code: .credentialsMissing, message: "\(what) \(printable(path)) \(error.reason)", cause: error)
        }
        throw OAuthError(
            code: .credentialsInvalid, message: "\(printable(path)) \(error.reason), so it is not \(what)",
            cause: error)
    }
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
