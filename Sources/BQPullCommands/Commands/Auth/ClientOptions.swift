import ArgumentParser
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// The options of the commands that request consent.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The OAuth client's JSON file from Google's console. Default: the client of the stored credentials.",
            valueName: "file.json"
        )
    )
    var clientFile: String?

    @Option(
        help: ArgumentHelp(
            "The OAuth client's ID. Its secret is read from --client-secret-file or the terminal.", valueName: "id"))
    var clientID: String?

    @Option(
        help: ArgumentHelp(
            "A file with the client secret in its first line; - for standard input.", valueName: "file"
        )
    )
    var clientSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "The scope to request, repeatable: a full scope, or the last component of a Google scope such as drive.readonly. Default: the scopes granted before, else bigquery.",
            valueName: "scope"
        )
    )
    var scope: [String] = []

    @Option(
        help: ArgumentHelp(
            "The redirect URI. Default: that of the last login, else this machine for a desktop client, else a registered one, preferably on this machine.",
            valueName: "uri"
        )
    )
    var redirectURI: String?

    @Option(help: ArgumentHelp("The port of a desktop client's redirect URI on 127.0.0.1.", valueName: "n"))
    var port: Int?

    func validate() throws {
        guard clientFile == nil || clientID == nil else {
            throw ValidationError("Give --client-file or --client-id, not both")
        }
        guard port == nil || redirectURI == nil else {
            throw ValidationError("Give --port or --redirect-uri, not both: a redirect URI contains its port")
        }
        guard port.map((1024...65535).contains) ?? true else {
            throw ValidationError("--port must be from 1024 to 65535")
        }
    }

    /// The client of the file, the ID, the named credentials, or the stored ones.
    func client(
        _ credential: CredentialOptions, stored: StoredCredential?, input: LineInput
    ) async throws -> OAuthClient {
        if let clientFile {
            let secret = try await fileSecret(input)
            // Only once, since a pipe cannot be read again.
            let bytes = try await onOwnThread { try CredentialFile.read(clientFile, what: "the client file") }
            do throws(OAuthError) {
                return try OAuthClient(json: bytes, path: clientFile, secret: secret)
            } catch {
                guard error.code == .noClientSecret, LineInput.isTerminal else { throw error }
            }
            return try OAuthClient(json: bytes, path: clientFile, secret: try await input.secret("client secret"))
        }
        if let clientID { return try OAuthClient(id: clientID, secret: try await secret(input)) }
        if let path = credential.credentials {
            let named = try await onOwnThread { try AuthorizedUserCredential(contentsOfFile: path) }
            return try StoredCredential(named, stored: nil).oauthClient()
        }
        guard let stored else { throw Self.noClient }
        return try stored.oauthClient()
    }

    private func secret(_ input: LineInput) async throws -> Secret {
        if let secret = try await fileSecret(input) { return secret }
        guard LineInput.isTerminal else {
            throw CommandError(
                .usage, "the client secret is missing",
                hint: "pass --client-secret-file FILE, or pipe the secret to --client-secret-file -")
        }
        return try await input.secret("client secret")
    }

    private func fileSecret(_ input: LineInput) async throws -> Secret? {
        guard let path = clientSecretFile else { return nil }
        guard path != "-" else { return try await input.secret("client secret") }
        let bytes = try await onOwnThread { try CredentialFile.read(path, what: "the client secret file") }
        let text = String(bytes: bytes, encoding: .utf8)
        let line = text?.split(whereSeparator: \.isNewline).first?.trimmingCharacters(in: .whitespaces)
        guard let line, !line.isEmpty else {
            throw CommandError(
                .usage, "\(printable(path)) has no client secret in its first line",
                hint: "the file must contain only the secret")
        }
        return Secret(line)
    }

    /// The redirect URI: that of the option, that of the last login, or a registered one of a web client, preferably on
    /// this machine. `nil` for a desktop client, which can use any port of this machine.
    func fixedRedirectURI(of client: OAuthClient, stored: String?) throws -> String? {
        if let redirectURI { return redirectURI }
        guard client.kind == .web else { return port == nil ? stored : nil }
        guard port == nil else {
            throw CommandError(
                .usage, "--port does not apply to a web client",
                hint: "pass a registered redirect URI with --redirect-uri")
        }
        let isRegistered = { client.redirectURIs.isEmpty || client.redirectURIs.contains($0) }
        if let stored, isRegistered(stored) { return stored }
        let here = client.redirectURIs.first { ConsentRequest.loopbackPort(ofRedirectURI: $0) != nil }
        guard let uri = here ?? client.redirectURIs.first else {
            throw OAuthError(
                code: .redirectMismatch, message: "the client file of this web client has no redirect URI"
            ).hinted("register one at https://console.cloud.google.com/apis/credentials, and download the file again")
        }
        return uri
    }

    /// The requested scopes. One option can contain several.
    var scopes: [String]? {
        let all = scope.flatMap { $0.split { " ,".contains($0) }.map(String.init) }
        return all.isEmpty ? nil : all
    }

    private static let noClient = CommandError(
        .usage, "no OAuth client configured",
        hint: """
            make one in Google's console, once:
             1. project:        https://console.cloud.google.com/projectcreate
             2. BigQuery API:   https://console.cloud.google.com/apis/library/bigquery.googleapis.com  (Enable)
             3. consent screen: https://console.cloud.google.com/auth/branding  (a name and an e-mail address suffice)
             4. audience:       https://console.cloud.google.com/auth/audience  (Internal if you can, else External)
             5. External only:  on the same page "Publish app", or tokens end after seven days
             6. client:         https://console.cloud.google.com/auth/clients/create  (type "Desktop app")
             7. download its JSON file there
             8. bqpull auth login --client-file FILE.json --project PROJECT
             9. bqpull auth test
            10. bqpull auth export --for adf
            """)
}
