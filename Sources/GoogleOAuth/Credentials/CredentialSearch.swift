import Foundation
import GoogleHTTP

/// Looks for credentials where users keep them.
///
/// The order: a file that is named, `BQPULL_CREDENTIALS`, the three values `BQPULL_CLIENT_ID`,
/// `BQPULL_CLIENT_SECRET` and `BQPULL_REFRESH_TOKEN`, `GOOGLE_APPLICATION_CREDENTIALS`, bqpull's own file,
/// gcloud's application-default file.
public struct CredentialSearch: Sendable {
    /// Credentials, and where they were found.
    public struct Finding: Sendable {
        /// The credentials.
        public var credential: AuthorizedUserCredential
        /// The place in words, for reports: a path or the name of a variable.
        public var source: String
        /// Whether the caller named the place, so that the credentials may go to a loopback endpoint.
        public var isNamed: Bool
        /// What the user should know about the place, if anything.
        public var warning: String?
    }

    private let environment: [String: String]

    /// Makes a search in these environment variables; a program hands in those of its process.
    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// The first credentials that there are.
    ///
    /// A place that exists but is unusable is an error, not skipped.
    /// - Parameter path: a file that the user named.
    /// - Returns: `nil` if there are none.
    /// - Throws: ``OAuthError``.
    public func first(named path: String?) throws(OAuthError) -> Finding? {
        if let path { return try file(path, isNamed: true) }
        if let path = value("BQPULL_CREDENTIALS") { return try file(path) }
        if let finding = try threeValues() { return finding }
        if let path = value("GOOGLE_APPLICATION_CREDENTIALS") { return try file(path) }
        if let path = ownFile, exists(path) {
            try requirePrivate(path)
            return try file(path)
        }
        if let path = gcloudFile, exists(path) { return try file(path) }
        return nil
    }

    /// Where bqpull keeps its own credentials: `$XDG_CONFIG_HOME/bqpull/credentials.json` or below `~/.config`;
    /// on macOS below `~/Library/Application Support`.
    public var ownFile: String? {
        #if os(macOS)
        home.map { $0 + "/Library/Application Support/bqpull/credentials.json" }
        #else
        configurationFolder.map { $0 + "/bqpull/credentials.json" }
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

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    private func threeValues() throws(OAuthError) -> Finding? {
        let names = ["BQPULL_CLIENT_ID", "BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"]
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
        return Finding(credential: credential, source: "BQPULL_REFRESH_TOKEN", isNamed: false)
    }

    private func file(_ path: String, isNamed: Bool = false) throws(OAuthError) -> Finding {
        let credential = try AuthorizedUserCredential(contentsOfFile: path)
        var warning: String?
        if let mode = permissions(path), mode & 0o077 != 0 {
            warning = "\(printable(path)) can be read by other users of this machine"
        }
        return Finding(credential: credential, source: path, isNamed: isNamed, warning: warning)
    }

    private func permissions(_ path: String) -> Int? {
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        return (attributes?[.posixPermissions] as? NSNumber)?.intValue
    }

    private func requirePrivate(_ path: String) throws(OAuthError) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        let owner = (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
        guard attributes?[.type] as? FileAttributeType == .typeRegular, mode & 0o077 == 0, owner == getuid() else {
            throw OAuthError(
                code: .unsafePermissions,
                message: "\(printable(path)) is not a file that only you can read",
                hint: "chmod 600 '\(printable(path))'"
            )
        }
    }
}
