import Foundation
import GoogleHTTP
import TextSupport

/// Looks for credentials where users keep them.
///
/// The order: a file or a profile that is named, `BQPULL_CREDENTIALS`, the three values `BQPULL_CLIENT_ID`,
/// `BQPULL_CLIENT_SECRET` and `BQPULL_REFRESH_TOKEN`, the command `BQPULL_TOKEN_COMMAND`, the profile `BQPULL_PROFILE`,
/// `GOOGLE_APPLICATION_CREDENTIALS`, bqpull's own store, gcloud's application-default file and, on Google's machines,
/// their metadata server.
public struct CredentialSearch: Sendable {
    /// Where to look, if the user said so.
    public enum Choice: Sendable, Hashable {
        /// Nothing was said: all places in their order.
        case anywhere
        /// A file.
        case file(String)
        /// bqpull's own store, or one of its profiles.
        case store(profile: String?)
        /// A command that prints a token.
        case command(String)
        /// The metadata server of the machine.
        case metadataServer
    }

    /// Credentials, and where they were found.
    public struct Finding: Sendable {
        /// The credentials.
        public var credential: GoogleCredential
        /// The place in words, for reports: a path or the name of a variable.
        public var source: String
        /// Whether the caller named them, so that they may go to a loopback endpoint.
        public var isNamed: Bool
        /// What the user should know about the place, if anything.
        public var warning: String?
        /// bqpull's own store, if they are from there; only that is ever written.
        public var store: CredentialStore?
        /// What the store knows of them besides.
        public var stored: StoredCredential?

        /// The client and the refresh token, for what only they can be used for.
        ///
        /// - Throws: ``OAuthError`` with code `credentialsInvalid` if the credentials are of another kind.
        public func refreshToken() throws(OAuthError) -> AuthorizedUserCredential {
            guard let authorizedUser = credential.authorizedUser else {
                throw OAuthError(
                    code: .credentialsInvalid,
                    message:
                        "\(printable(source)) is no client with a refresh token, but of another kind: \(credential.kind)",
                    hint:
                        "name other credentials with --credentials or --profile, or get a refresh token with bqpull auth login"
                )
            }
            return authorizedUser
        }
    }

    private let environment: [String: String]

    /// Makes a search in these environment variables; a program hands in those of its process.
    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The first credentials that there are.
    ///
    /// A place that exists but is unusable is an error, not skipped.
    /// - Returns: `nil` if there are none.
    /// - Throws: ``OAuthError``.
    public func first(_ choice: Choice = .anywhere) throws(OAuthError) -> Finding? {
        switch choice {
        case .file(let path): return try file(path, isNamed: true)
        case .store(let profile): return try stored(as: profile)
        case .command(let command):
            return Finding(credential: .command(TokenCommand(command)), source: "--token-command", isNamed: true)
        case .metadataServer: return try metadataServer(isNamed: true)
        case .anywhere: break
        }
        if let path = value("BQPULL_CREDENTIALS") { return try file(path) }
        if let finding = try threeValues() { return finding }
        if let command = value("BQPULL_TOKEN_COMMAND") {
            return Finding(credential: .command(TokenCommand(command)), source: "BQPULL_TOKEN_COMMAND", isNamed: false)
        }
        if let profile = value("BQPULL_PROFILE") { return try stored(as: profile) }
        if let path = value("GOOGLE_APPLICATION_CREDENTIALS") { return try file(path) }
        if let folder = ownFolder, let finding = try stored(in: CredentialStore(folder: folder)) { return finding }
        if let path = gcloudFile, FileManager.default.fileExists(atPath: path) { return try file(path) }
        return nil
    }

    /// The metadata server of the machine, for when there are no other credentials.
    ///
    /// - Parameter isLocal: whether only a server on this machine counts, as the environment may name one.
    /// - Returns: `nil` if there is none, which takes a second at most to find out.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if the environment names a server on another machine.
    public func lastResort(isLocal: Bool = false, _ context: TokenContext) async throws -> Finding? {
        let finding = try metadataServer(isNamed: false)
        guard case .metadataServer(let server) = finding.credential, !isLocal || server.endpoint.isLoopback,
            await server.isThere(context)
        else { return nil }
        return finding
    }

    private func metadataServer(isNamed: Bool) throws(OAuthError) -> Finding {
        let server = try MetadataServer(environment: environment)
        return Finding(credential: .metadataServer(server), source: "the metadata server", isNamed: isNamed)
    }

    private func stored(as profile: String?) throws(OAuthError) -> Finding? {
        let finding = try stored(in: store(profile: profile))
        if finding == nil, let profile { throw missing(profile) }
        return finding
    }

    private func missing(_ profile: String) -> OAuthError {
        OAuthError(
            code: .noCredentials, message: "the profile \(printable(profile, limit: 80)) has no credentials",
            hint: "bqpull auth login --profile \(printable(profile, limit: 80))"
                + (profiles.isEmpty ? "" : "; there are these profiles: \(profiles.joined(separator: ", "))")
        )
    }

    /// bqpull's own store: `$XDG_CONFIG_HOME/bqpull` or `~/.config/bqpull`, on macOS `~/Library/Application
    /// Support/bqpull`; a profile's stands in `profiles/NAME` there.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` for a name that is none, or `cannotStore` if there
    ///   is no home folder.
    public func store(profile: String? = nil) throws(OAuthError) -> CredentialStore {
        guard let folder = ownFolder else {
            throw OAuthError(
                code: .cannotStore, message: "there is no folder to keep credentials in",
                hint: "set HOME or XDG_CONFIG_HOME to an absolute path"
            )
        }
        guard let profile else { return CredentialStore(folder: folder) }
        let isName =
            (1...64).contains(profile.utf8.count)
            && profile.utf8.allSatisfy { Self.nameCharacters.contains($0) } && !profile.hasPrefix(".")
        guard isName else {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(profile, limit: 80)) cannot be the name of a profile",
                hint: "use letters, digits, dots, hyphens and underscores, at most 64"
            )
        }
        return CredentialStore(folder: folder + "/profiles/" + profile)
    }

    private static let nameCharacters = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".utf8
    )

    /// The variables that are set and name credentials before bqpull's own store is looked at.
    public var variablesBeforeStore: [String] {
        let google = value("BQPULL_PROFILE") == nil ? ["GOOGLE_APPLICATION_CREDENTIALS"] : []
        return (["BQPULL_CREDENTIALS"] + Self.valueNames + ["BQPULL_TOKEN_COMMAND"] + google).filter {
            value($0) != nil
        }
    }

    /// The names of the profiles that there are, sorted.
    public var profiles: [String] {
        let names = ownFolder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0 + "/profiles") } ?? []
        return names.filter { (try? store(profile: $0).exists) ?? false }.sorted()
    }

    private var ownFolder: String? {
        #if os(macOS)
        home.map { $0 + "/Library/Application Support/bqpull" }
        #else
        configurationFolder.map { $0 + "/bqpull" }
        #endif
    }

    private var gcloudFile: String? {
        let folder = value("CLOUDSDK_CONFIG") ?? home.map { $0 + "/.config/gcloud" }
        return folder.map { $0 + "/application_default_credentials.json" }
    }

    private var configurationFolder: String? {
        if let folder = value("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder }
        return home.map { $0 + "/.config" }
    }

    private var home: String? { value("HOME") }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static let valueNames = ["BQPULL_CLIENT_ID", "BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"]

    private func threeValues() throws(OAuthError) -> Finding? {
        let names = Self.valueNames
        let values = names.map(value)
        guard values.contains(where: { $0 != nil }) else { return nil }
        guard let clientID = values[0], let clientSecret = values[1], let refreshToken = values[2] else {
            let missing = zip(names, values).filter { $1 == nil }.map(\.0).joined(separator: ", ")
            throw OAuthError(
                code: .credentialsInvalid, message: "the environment has only a part of the credentials",
                hint: "set \(missing) too, or name a file with --credentials"
            )
        }
        let credential = try AuthorizedUserCredential(
            clientID: clientID, clientSecret: Secret(clientSecret), refreshToken: Secret(refreshToken)
        )
        return Finding(credential: .authorizedUser(credential), source: "BQPULL_REFRESH_TOKEN", isNamed: false)
    }

    private func stored(in store: CredentialStore) throws(OAuthError) -> Finding? {
        guard let stored = try store.read() else { return nil }
        return Finding(
            credential: .authorizedUser(stored.credential), source: store.path, isNamed: false, store: store,
            stored: stored
        )
    }

    private func file(_ path: String, isNamed: Bool = false) throws(OAuthError) -> Finding {
        // Our own file is our own by whatever name: a token that replaces its token is to be stored.
        if let store = ownStore(at: path), var finding = try stored(in: store) {
            finding.isNamed = isNamed
            return finding
        }
        let credential = try GoogleCredential(contentsOfFile: path)
        return Finding(credential: credential, source: path, isNamed: isNamed, warning: exposure(of: path))
    }

    private func ownStore(at path: String) -> CredentialStore? {
        func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        let file = resolved(path)
        return ([nil] + profiles).lazy.compactMap { try? store(profile: $0) }.first { resolved($0.path) == file }
    }

    /// What others can do with a file that the user named, which is followed and warned about.
    private func exposure(of path: String) -> String? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        func attributes(_ url: URL) -> (mode: Int, owner: UInt32, type: FileAttributeType?) {
            let all = try? FileManager.default.attributesOfItem(atPath: url.path)
            let mode = (all?[.posixPermissions] as? NSNumber)?.intValue ?? 0
            return (
                mode, (all?[.ownerAccountID] as? NSNumber)?.uint32Value ?? geteuid(), all?[.type] as? FileAttributeType
            )
        }
        let (mode, owner, type) = attributes(file)
        // A pipe that a process handed in has no name by which others could read it.
        guard type == .typeRegular else { return nil }
        if mode & 0o077 != 0 { return "\(printable(path)) can be read by other users of this machine" }
        if ![0, geteuid()].contains(owner) { return "\(printable(path)) belongs to another user" }
        let folder = attributes(file.deletingLastPathComponent()).mode
        // In a folder with the sticky bit, as /tmp is, others cannot replace what is not theirs.
        if folder & 0o002 != 0, folder & 0o1000 == 0 {
            return "\(printable(path)) is in a folder in which everybody may replace it"
        }
        return nil
    }
}
