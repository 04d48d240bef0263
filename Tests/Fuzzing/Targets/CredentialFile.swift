import Foundation
import GoogleHTTP

@testable import CredentialStore
@testable import GoogleOAuth

/// A credentials or client file in any format: no error shows a secret, and accepted values round-trip.
@Sendable func fuzzCredentialFile(_ input: inout FuzzInput) {
    let kind = input.nextByte() % 4
    let bytes = input.rest
    let secrets = Secrets(in: bytes)
    fuzzMembers(bytes)
    do throws(OAuthError) {
        switch kind {
        case 0: try fuzzImport(bytes, secrets)
        case 1: try fuzzAuthorizedUser(bytes, secrets)
        case 2: try fuzzClient(bytes, secrets)
        default: requireRefusal(ofPlace: bytes)
        }
    } catch {
        requireLine(error.message, atMost: 1_000)
        secrets.requireAbsence(from: String(reflecting: error))
    }
}

/// Decoded objects have unique members: a duplicate is rejected by name.
private func fuzzMembers(_ bytes: [UInt8]) {
    struct Ignored: Decodable {}
    // Invalid JSON and duplicates are rejected.
    guard let object = try? JSONDecoder().decodeUnambiguous([String: Ignored].self, from: bytes) else { return }
    require(DuplicateMember(in: bytes) == nil, "the decoded object is ambiguous")
    for name in object.keys {
        guard let text = try? JSONEncoder().encode(name), let brace = bytes.firstIndex(of: UInt8(ascii: "{")) else {
            fatalError("an object without a brace")
        }
        let doubled = bytes[...brace] + Array(text) + Array(":0,".utf8) + bytes[(brace + 1)...]
        require(DuplicateMember(in: Array(doubled))?.name == name, "\(name) was accepted twice")
    }
}

private func fuzzImport(_ bytes: [UInt8], _ secrets: Secrets) throws(OAuthError) {
    let stored = try StoredCredential(importing: bytes, source: "standard input", now: Date(timeIntervalSince1970: 0))
    secrets.requireAbsence(from: "\(stored) \(String(reflecting: stored))")
    let credential = stored.credential
    let again = try StoredCredential(importing: try credential.authorizedUserFile(), source: "again")
    require(again.credential == credential, "another credential was written")

    let linked = try LinkedService(credential, name: "bigquery", project: credential.quotaProjectID ?? "demo")
    // Without masked values or another token endpoint.
    let values = [credential.clientID, credential.clientSecret.reveal(), credential.refreshToken.reveal()]
    if values.allSatisfy({ !$0.allSatisfy { $0 == "*" } }) {
        let exported = try StoredCredential(importing: try linked.json(), source: "exported").credential
        require(exported.refreshToken == credential.refreshToken, "another refresh token was exported")
        require(exported.clientSecret == credential.clientSecret, "another client secret was exported")
        require(exported.clientID == credential.clientID, "another client ID was exported")
    }
    var vaulted = linked
    vaulted.connector = .legacy
    vaulted.secrets = .keyVault(linkedService: "vault")
    let texts = [try vaulted.json(), try vaulted.datasetJSON(), try vaulted.copyActivityJSON(query: "SELECT 1")]
    for text in texts { secrets.requireAbsence(from: String(decoding: text, as: UTF8.self)) }
}

private func fuzzAuthorizedUser(_ bytes: [UInt8], _ secrets: Secrets) throws(OAuthError) {
    let credential = try AuthorizedUserCredential(contentsOfFile: file(of: bytes))
    secrets.requireAbsence(from: "\(credential) \(String(reflecting: credential))")
    let endpoint = credential.tokenEndpoint
    require(
        endpoint.isLoopback || endpoint.host.hasSuffix(".google.com") || endpoint.host.hasSuffix(".googleapis.com"),
        endpoint.host)
    require(
        GoogleAddress.service("revoke", nextTo: endpoint).hasPrefix(
            endpoint.isLoopback ? endpoint.origin : "https://oauth2.googleapis.com"), "a foreign service")
    typealias File = AuthorizedUserCredential.File
    let file = try CredentialFile.decode(File.self, from: bytes, detail: .notAuthorizedUser)
    let written = try CredentialFile.encode(File(credential, scopes: file.grantedScopes))
    let again = try CredentialFile.decode(File.self, from: written, detail: .notAuthorizedUser)
    require(again.grantedScopes == file.grantedScopes, "other scopes were written")
    require(try again.credential() == credential, "another credential was written")
}

private func fuzzClient(_ bytes: [UInt8], _ secrets: Secrets) throws(OAuthError) {
    let client = try OAuthClient(contentsOfFile: file(of: bytes))
    secrets.requireAbsence(from: "\(client) \(String(reflecting: client))")
    require(!client.id.isEmpty && !client.secret.isEmpty, "a client without ID or secret")
    require(
        client.authorizationEndpoint.description.hasPrefix("https://") || client.authorizationEndpoint.isLoopback,
        "plain http")
}

/// Paths that are not files, or too large, have a one-line error for every name.
private func requireRefusal(ofPlace bytes: [UInt8]) {
    let name = bytes.filter { $0 != 0 && $0 != UInt8(ascii: "/") }
    let path: String
    switch bytes.count % 8 {
    case 0: path = "/dev/fd"
    case 1: path = file(of: Array(repeatElement(bytes[0], count: 65 << 10)))
    default: path = "/dev/null/\(String(decoding: name, as: UTF8.self))"
    }
    do throws(OAuthError) {
        _ = try CredentialFile.read(path)
        fatalError("\(path) was read")
    } catch {
        requireLine(error.message, atMost: 1_000)
    }
}

/// One unlinked file for all inputs.
private let descriptor = fileno(tmpfile())

private func file(of bytes: [UInt8]) -> String {
    ftruncate(descriptor, 0)
    require(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, "the file cannot be written")
    return "/dev/fd/\(descriptor)"
}

/// The secrets of a file, found by an independent parser. They are ignored if another text of the file, such as the client
/// ID or a duplicate member, contains the mark.
private struct Secrets {
    private var found: [String] = []
    private var others: [String] = []

    private static let names: Set = ["client_secret", "refresh_token", "clientSecret", "refreshToken"]
    private static let mark = "fake-secret"
    private static let blanks = CharacterSet(charactersIn: "\u{FEFF}").union(.whitespaces)

    init(in bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        // Text that is not JSON can still be a credential.
        if let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) {
            collect(json, isSecret: false)
        } else {
            let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: Self.blanks) }
                .filter { !$0.isEmpty }
            others = Array(lines.prefix(1))
            found = Array(lines.dropFirst())
        }
        found = found.filter { $0.contains(Self.mark) }
        let isElsewhere = others.contains { $0.contains(Self.mark) }
        if isElsewhere || Self.count(in: text) != found.map(Self.count).reduce(0, +) { found = [] }
    }

    private static func count(in text: String) -> Int { text.components(separatedBy: mark).count - 1 }

    private mutating func collect(_ json: Any, isSecret: Bool) {
        switch json {
        case let text as String: if isSecret { found.append(text) } else { others.append(text) }
        case let list as [Any]: for element in list { collect(element, isSecret: isSecret) }
        case let object as [String: Any]:
            others += object.keys
            for (name, value) in object {
                collect(value, isSecret: Self.names.contains(name) || isSecret && name == "value")
            }
        default: break
        }
    }

    func requireAbsence(from text: String) {
        for secret in found { require(!text.contains(secret), "a secret is shown: \(text)") }
    }
}
