import Foundation
import GoogleHTTP
import TextSupport

/// Reads and writes the JSON files of credentials and clients.
package enum CredentialFile {
    /// The largest file that is read, in bytes.
    package static let maximumSize = 64 * 1024

    /// Reads a file that the user named, up to ``maximumSize``, without a byte-order mark. An inherited pipe
    /// (`/dev/fd/N`) is read too.
    ///
    /// Blocks the thread.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - what: the kind of the file, for errors: "the credentials file".
    ///   - timeout: the time between two chunks from a pipe. Defaults to 10 seconds; `nil` waits indefinitely.
    /// - Returns: the content.
    /// - Throws: ``OAuthError`` with code `credentialsMissing` or `credentialsInvalid`.
    package static func read(
        _ path: String, what: String = "the credentials file", timeout: Duration? = InputFile.pipeTimeout
    ) throws(OAuthError) -> [UInt8] {
        do throws(InputFileError) {
            return withoutByteOrderMark(try InputFile.read(path, limit: maximumSize, timeout: timeout))
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

    /// Removes the UTF-8 byte-order mark that some editors add.
    package static func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// Encodes a value as JSON with a final newline.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore`, which would be a bug.
    package static func encode(_ value: some Encodable) throws(OAuthError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            return Array(try encoder.encode(value)) + [0x0A]
        } catch {
            throw OAuthError(code: .cannotStore, message: "a value cannot be encoded as JSON", cause: error)
        }
    }

    /// Decodes a value from JSON without duplicate members.
    ///
    /// - Throws: `DuplicateMember` or `DecodingError`.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decodeUnambiguous(type, from: bytes)
    }

    /// Decodes a file, with errors that name a duplicate member but not its values.
    ///
    /// - Parameters:
    ///   - type: the form of the file.
    ///   - bytes: the file.
    ///   - what: the kind of the file, for errors.
    ///   - detail: the detail of the error for a file of another form.
    /// - Returns: the value.
    /// - Throws: ``OAuthError`` with code `credentialsInvalid`.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], what: String = "a JSON file of credentials",
        detail: OAuthError.Detail
    ) throws(OAuthError) -> Value {
        do {
            return try decode(type, from: bytes)
        } catch let duplicate as DuplicateMember {
            let name = printable(duplicate.name, limit: 100)
            throw OAuthError(code: .credentialsInvalid, message: "duplicate member \(name)", detail: .malformedFile)
        } catch {
            throw OAuthError(code: .credentialsInvalid, message: "not \(what)", detail: detail)
        }
    }

    /// Prefixes the message of an error with the path of the file that it is about.
    package static func naming<Value>(
        _ path: String, _ body: () throws(OAuthError) -> Value
    ) throws(OAuthError) -> Value {
        do throws(OAuthError) {
            return try body()
        } catch {
            var error = error
            error.message = "\(printable(path)): \(error.message)"
            throw error
        }
    }
}
