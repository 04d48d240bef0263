import Foundation
public import GoogleHTTP
public import GoogleOAuth
import TextSupport

/// Searches for a credential in the usual locations.
///
/// The order: an explicit location; the program's own variables (a file, the three values, a command, a profile of the
/// store); `GOOGLE_APPLICATION_CREDENTIALS`; the store; gcloud's application-default file; on a Google machine, its
/// metadata server.
///
/// ```swift
/// import CredentialStore
/// import Foundation
///
/// let search = CredentialSearch(
///     environment: ProcessInfo.processInfo.environment, variablePrefix: "MYTOOL_",
///     storeFolder: NSHomeDirectory() + "/.config/mytool")
/// if let located = try search.first() {
///     print("using the credential from", located.source)
/// }
/// ```
public struct CredentialSearch: Sendable {
    /// A location that the user selected.
    public enum Location: Sendable, Hashable {
        /// All locations in their order.
        case anywhere
        /// A file.
        case file(String)
        /// The store, or one of its profiles.
        case store(profile: String?)
        /// A command that prints an access token.
        case command(String, source: String = "the token command")
        /// The metadata server of the machine.
        case metadataServer
    }

    private let environment: [String: String]
    private let variablePrefix: String?
    private let storeFolder: String?

    /// Creates a search.
    ///
    /// - Parameters:
    ///   - environment: the environment variables of the process.
    ///   - variablePrefix: the prefix of the program's own variables, such as `MYTOOL_` for `MYTOOL_CREDENTIALS`,
    ///     `MYTOOL_CLIENT_ID`, `MYTOOL_CLIENT_SECRET`, `MYTOOL_REFRESH_TOKEN`, `MYTOOL_TOKEN_COMMAND` and
    ///     `MYTOOL_PROFILE`. Defaults to none.
    ///   - storeFolder: the folder of the store. Defaults to none.
    public init(environment: [String: String], variablePrefix: String? = nil, storeFolder: String? = nil) {
        self.environment = environment
        self.variablePrefix = variablePrefix
        self.storeFolder = storeFolder
    }

    /// The first credential that is found.
    ///
    /// A location that exists but is unusable is an error; it is not skipped. Blocks the thread.
    ///
    /// - Parameter location: the location that the user selected. Defaults to all locations in their order.
    /// - Returns: `nil` if no location has one.
    /// - Throws: `OAuthError` with code `credentialsMissing`, `credentialsInvalid`, `noCredentials` for a profile
    ///   without a credential, `unsafePermissions`, `untrustedTokenURI` or `cannotStore`.
    public func first(_ location: Location = .anywhere) throws(OAuthError) -> LocatedCredential? {
        switch location {
        case .file(let path): return try file(path, isExplicit: true)
        case .store(let profile): return try stored(as: profile)
        case .command(let command, let source): return Self.command(command, source: source, isExplicit: true)
        case .metadataServer: return try metadataServer(isExplicit: true)
        case .anywhere: break
        }
        if let path = ownValue("CREDENTIALS") { return try file(path) }
        if let located = try threeValues() { return located }
        if let command = ownValue("TOKEN_COMMAND") {
            return Self.command(command, source: ownName("TOKEN_COMMAND"), isExplicit: false)
        }
        if let profile = ownValue("PROFILE") { return try stored(as: profile) }
        if let path = value("GOOGLE_APPLICATION_CREDENTIALS") { return try file(path) }
        if let storeFolder, let located = try stored(in: CredentialStore(folder: storeFolder)) { return located }
        if let path = gcloudFile, FileManager.default.fileExists(atPath: path) { return try file(path) }
        return nil
    }

    /// The store, or that of a profile in `profiles/NAME` below it.
    ///
    /// - Parameter profile: at most 64 ASCII letters, digits, hyphens, underscores and dots; no dot at the start.
    ///   Defaults to the store itself.
    /// - Returns: the store, which need not exist yet.
    /// - Throws: `OAuthError` with code `credentialsInvalid` for an invalid profile name, or `cannotStore` without a
    ///   folder.
    public func store(profile: String? = nil) throws(OAuthError) -> CredentialStore {
        guard let storeFolder else {
            throw OAuthError(
                code: .cannotStore, message: "there is no folder for credentials", detail: .noStoreFolder)
        }
        guard let profile else { return CredentialStore(folder: storeFolder) }
        guard profile.utf8.allSatisfy({ $0 < 0x80 }), profile.wholeMatch(of: /[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}/) != nil
        else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(profile, limit: 80)) is not a valid profile name: use at most 64 letters, "
                    + "digits, dots, hyphens and underscores, and no dot at the beginning")
        }
        return CredentialStore(folder: storeFolder + "/profiles/" + profile)
    }

    /// The names of the profiles with a credential, sorted.
    package var profiles: [String] {
        // Without the folder there are no profiles. A file with an invalid name is not a profile.
        let names = storeFolder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0 + "/profiles") }
        return (names ?? []).filter { (try? store(profile: $0).exists) ?? false }.sorted()
    }

    /// The names of the variables that take precedence over the store.
    package var variablesBeforeStore: [String] {
        let names = (["CREDENTIALS"] + Self.valueNames + ["TOKEN_COMMAND"]).map(ownName)
        let google = ownValue("PROFILE") == nil ? ["GOOGLE_APPLICATION_CREDENTIALS"] : []
        return ((variablePrefix == nil ? [] : names) + google).filter { value($0) != nil }
    }

    private static let valueNames = ["CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"]

    private func threeValues() throws(OAuthError) -> LocatedCredential? {
        let values = Self.valueNames.map(ownValue)
        guard values.contains(where: { $0 != nil }) else { return nil }
        guard let clientID = values[0], let clientSecret = values[1], let refreshToken = values[2] else {
            let missing = zip(Self.valueNames, values).filter { $1 == nil }.map { ownName($0.0) }
            throw OAuthError(
                code: .credentialsInvalid, message: "the environment contains only a part of the credential",
                detail: .missingVariables(missing))
        }
        let credential = try AuthorizedUserCredential(
            clientID: clientID, clientSecret: Secret(clientSecret), refreshToken: Secret(refreshToken)
        )
        return LocatedCredential(
            credential: .authorizedUser(credential), source: ownName("REFRESH_TOKEN"), isExplicit: false)
    }

    private static func command(_ command: String, source: String, isExplicit: Bool) -> LocatedCredential {
        LocatedCredential(credential: .command(TokenCommand(command)), source: source, isExplicit: isExplicit)
    }

    private func metadataServer(isExplicit: Bool) throws(OAuthError) -> LocatedCredential {
        let server = try MetadataServer(environment: environment)
        return LocatedCredential(
            credential: .metadataServer(server), source: "the metadata server", isExplicit: isExplicit)
    }

    private func stored(as profile: String?) throws(OAuthError) -> LocatedCredential? {
        let located = try stored(in: store(profile: profile))
        guard located == nil, let profile else { return located }
        throw OAuthError(
            code: .noCredentials, message: "the profile \(printable(profile, limit: 80)) has no credentials",
            detail: .unknownProfile(profile, existing: profiles))
    }

    private func stored(in store: CredentialStore) throws(OAuthError) -> LocatedCredential? {
        guard let stored = try store.read() else { return nil }
        return LocatedCredential(
            credential: .authorizedUser(stored.credential), source: store.path, isExplicit: false, store: store,
            stored: stored
        )
    }

    private func file(_ path: String, isExplicit: Bool = false) throws(OAuthError) -> LocatedCredential {
        // The store's file is recognized by any name, since a rotated token must be stored.
        if let store = store(at: path), var located = try stored(in: store) {
            located.isExplicit = isExplicit
            return located
        }
        let credential = try GoogleCredential(contentsOfFile: path)
        return LocatedCredential(
            credential: credential, source: path, isExplicit: isExplicit, warning: Self.exposure(of: path))
    }

    private func store(at path: String) -> CredentialStore? {
        func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        let file = resolved(path)
        // Fails only if no folder is configured, so that the file is not in a store.
        return ([nil] + profiles).lazy.compactMap { try? store(profile: $0) }.first { resolved($0.path) == file }
    }

    /// How other users can access a file that the user named, which is read even so.
    private static func exposure(of path: String) -> String? {
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        func attributes(_ url: URL) -> (mode: Int, owner: UInt32, type: FileAttributeType?) {
            // Only for a warning: reading the file reports that it is missing.
            let all = try? FileManager.default.attributesOfItem(atPath: url.path)
            let mode = (all?[.posixPermissions] as? NSNumber)?.intValue ?? 0
            return (
                mode, (all?[.ownerAccountID] as? NSNumber)?.uint32Value ?? geteuid(), all?[.type] as? FileAttributeType
            )
        }
        let (mode, owner, type) = attributes(file)
        // An inherited pipe has no name by which others could read it.
        guard type == .typeRegular else { return nil }
        if mode & 0o077 != 0 { return "\(printable(path)) can be read by other users of this machine" }
        if ![0, geteuid()].contains(owner) { return "\(printable(path)) belongs to another user" }
        let folder = attributes(file.deletingLastPathComponent()).mode
        // In a folder with the sticky bit, such as /tmp, only the owner can replace a file.
        if folder & 0o002 != 0, folder & 0o1000 == 0 {
            return "\(printable(path)) is in a folder in which all users can replace it"
        }
        return nil
    }

    private var gcloudFile: String? {
        let folder = value("CLOUDSDK_CONFIG") ?? value("HOME").map { $0 + "/.config/gcloud" }
        return folder.map { $0 + "/application_default_credentials.json" }
    }

    private func ownName(_ name: String) -> String { (variablePrefix ?? "") + name }

    private func ownValue(_ name: String) -> String? {
        variablePrefix == nil ? nil : value(ownName(name))
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The credential that is sent to an endpoint.
///
/// A loopback endpoint receives only a credential whose token endpoint is loopback too, or that the user selected
/// explicitly. Any other credential is a real one that must not leave the machine's real services.
///
/// ```swift
/// import CredentialStore
/// import GoogleHTTP
/// import GoogleOAuth
///
/// func tokens(_ search: CredentialSearch, transport: any HTTPTransport) async throws -> any TokenProvider {
///     let context = TokenContext(transport: transport)
///     let choice = try await search.choose(for: nil, context)
///     if let warning = choice.warning { print("warning:", warning) }
///     return try choice.required().tokenProvider(context)
/// }
/// ```
public struct CredentialChoice: Sendable {
    /// The credential; `nil` if none is sent to the endpoint.
    public let credential: LocatedCredential?
    /// The endpoint; `nil` for Google's.
    public let endpoint: HTTPEndpoint?
    /// A warning about the credential, or the reason that none is sent.
    public let warning: String?

    /// The credential.
    ///
    /// - Throws: `OAuthError` with code `noCredentials` if none is sent.
    public func required() throws(OAuthError) -> LocatedCredential {
        guard let credential else {
            throw OAuthError(code: .noCredentials, message: warning ?? "no credentials were found")
        }
        return credential
    }
}

extension CredentialSearch {
    /// Finds the credential for an endpoint.
    ///
    /// - Parameters:
    ///   - location: the location that the user selected. Defaults to all locations in their order.
    ///   - named: the endpoint that the user named; `nil` for that of the stored credential, else Google's.
    ///   - context: the dependencies of the detection of a metadata server, the last location.
    /// - Returns: the credential and its endpoint.
    /// - Throws: `OAuthError`, `noCredentials` if none was found for Google's endpoint; `HTTPError` for an invalid
    ///   endpoint; `CancellationError`.
    public func choose(
        _ location: Location = .anywhere, for named: HTTPEndpoint?, _ context: TokenContext
    ) async throws -> CredentialChoice {
        let isLoopback = named?.isLoopback == true
        // On another thread: the credentials file can be a pipe.
        let found = try await onOwnThread { Result { () throws(OAuthError) in try first(location) } }
        var (located, problem): (LocatedCredential?, OAuthError?) = (nil, nil)
        switch found {
        case .success(let value): located = value
        // An unreadable credential would usually not be sent to this machine either.
        case .failure(let error) where isLoopback && location == .anywhere: problem = error
        case .failure(let error): throw error
        }
        if located == nil, problem == nil, location == .anywhere {
            located = try await machineCredential(isLocal: isLoopback, context)
        }
        let endpoint = try named ?? located?.stored?.endpoint.map { try HTTPEndpoint($0) }
        guard let endpoint, endpoint.isLoopback else {
            let choice = CredentialChoice(credential: located, endpoint: endpoint, warning: located?.warning)
            _ = try choice.required()
            return choice
        }
        if let located, located.isForLoopback {
            return CredentialChoice(credential: located, endpoint: endpoint, warning: located.warning)
        }
        let reason =
            problem.map { ": \($0.message)" }
            ?? located.map { ": those of \(printable($0.source)) are for Google" } ?? ", since none were found"
        return CredentialChoice(
            credential: nil, endpoint: endpoint, warning: "no credentials were sent to \(endpoint.host)\(reason)")
    }

    /// The metadata server of a Google machine; if `isLocal`, only a server on this machine, as the environment can name
    /// one.
    private func machineCredential(isLocal: Bool, _ context: TokenContext) async throws -> LocatedCredential? {
        let located = try metadataServer(isExplicit: false)
        guard case .metadataServer(let server) = located.credential, !isLocal || server.endpoint.isLoopback,
            await server.isAvailable(context)
        else { return nil }
        return located
    }
}
