import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TestSupport
import Testing

@Suite struct CredentialSearchTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bqpull-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// A search with variables `TOOL_…` and a store in `store` below the home folder.
    private func search(_ environment: [String: String]) -> CredentialSearch {
        CredentialSearch(
            environment: environment, variablePrefix: "TOOL_", storeFolder: environment["HOME"].map { $0 + "/store" })
    }

    @discardableResult
    private func write(
        _ name: String, in folder: URL, client: String, permissions: Int = 0o600, folderPermissions: Int = 0o755
    ) throws -> String {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: folderPermissions])
        let text = #"{"type":"authorized_user","client_id":"\#(client)","client_secret":"fake","refresh_token":"fake"}"#
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
        return url.path
    }

    /// Each location is found if those before it are empty.
    @Test func searchesLocationsInOrder() throws {
        try withFolder { folder in
            var environment = [
                "HOME": folder.path,
                "TOOL_CREDENTIALS": try write("named.json", in: folder, client: "second"),
                "TOOL_CLIENT_ID": "third", "TOOL_CLIENT_SECRET": "fake", "TOOL_REFRESH_TOKEN": "fake",
                "GOOGLE_APPLICATION_CREDENTIALS": try write("application.json", in: folder, client: "fourth"),
            ]
            let own = try search(environment).store().path
            try write(
                String(own.dropFirst(folder.path.count + 1)), in: folder, client: "fifth", folderPermissions: 0o700)
            try write(".config/gcloud/application_default_credentials.json", in: folder, client: "sixth")
            let first = try write("option.json", in: folder, client: "first")

            func found(named path: String? = nil) throws -> LocatedCredential? {
                try search(environment).first(path.map { .file($0) } ?? .anywhere)
            }
            #expect(try found(named: first)?.credential.authorizedUser?.clientID == "first")
            #expect(try found(named: first)?.isExplicit == true)
            #expect(try found()?.credential.authorizedUser?.clientID == "second")
            #expect(try found()?.isExplicit == false)
            environment["TOOL_CREDENTIALS"] = ""
            #expect(try found()?.credential.authorizedUser?.clientID == "third")
            for name in ["ID", "SECRET"] { environment["TOOL_CLIENT_\(name)"] = nil }
            #expect(throws: OAuthError.self) { try found() }
            environment["TOOL_REFRESH_TOKEN"] = nil
            #expect(try found()?.credential.authorizedUser?.clientID == "fourth")
            environment["GOOGLE_APPLICATION_CREDENTIALS"] = nil
            #expect(try found()?.credential.authorizedUser?.clientID == "fifth")
            try FileManager.default.removeItem(atPath: own)
            #expect(try found()?.credential.authorizedUser?.clientID == "sixth")
            environment["HOME"] = folder.appending(path: "nowhere").path
            #expect(try found() == nil)
        }
    }

    @Test func aProfileTakesPrecedenceOverTheEnvironment() throws {
        try withFolder { folder in
            let search = self.search([
                "HOME": folder.path, "TOOL_CREDENTIALS": try write("named.json", in: folder, client: "other"),
            ])
            let own = try search.store(profile: "work").path
            try write(
                String(own.dropFirst(folder.path.count + 1)), in: folder, client: "work", folderPermissions: 0o700)
            #expect(try search.first(.store(profile: "work"))?.credential.authorizedUser?.clientID == "work")
            #expect(try search.first(.store(profile: "work"))?.store == search.store(profile: "work"))
            #expect(search.profiles == ["work"])
            let error = #expect(throws: OAuthError.self) { try search.first(.store(profile: "home")) }
            #expect(error?.code == .noCredentials)
            #expect(error?.detail == .unknownProfile("home", existing: ["work"]))
        }
    }

    /// A rotated token must be stored regardless of the name by which the file was found.
    @Test func recognizesTheStoresFileByAnyName() throws {
        try withFolder { folder in
            let store = try search(["HOME": folder.path]).store()
            try write(
                String(store.path.dropFirst(folder.path.count + 1)), in: folder, client: "own", folderPermissions: 0o700
            )
            let link = folder.appending(path: "link.json").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store.path)
            let search = self.search(["HOME": folder.path, "GOOGLE_APPLICATION_CREDENTIALS": link])
            #expect(try search.first()?.store == store)
            #expect(try search.first(.file(store.path))?.store == store)
            #expect(try search.first(.file(store.path))?.isExplicit == true)
            let other = try write("other.json", in: folder, client: "other")
            #expect(try search.first(.file(other))?.store == nil)
        }
    }

    @Test(arguments: ["", "..", ".x", "a/b", "a b", String(repeating: "a", count: 65), "ä"])
    func rejectsInvalidProfileNames(name: String) throws {
        let search = self.search(["HOME": "/nonexistent"])
        let error = #expect(throws: OAuthError.self) { try search.store(profile: name) }
        #expect(error?.code == .credentialsInvalid)
    }

    @Test func profilesAreFoldersOfTheStore() throws {
        let search = CredentialSearch(environment: [:], storeFolder: "/x")
        #expect(try search.store().path == "/x/credentials.json")
        #expect(try search.store(profile: "work").path == "/x/profiles/work/credentials.json")
        let error = #expect(throws: OAuthError.self) { try CredentialSearch(environment: [:]).store() }
        #expect(error?.code == .cannotStore && error?.detail == .noStoreFolder)
    }

    /// A program without its own variables and store uses Google's.
    @Test func withoutAPrefixOnlyGooglesVariablesCount() throws {
        try withFolder { folder in
            let path = try write("application.json", in: folder, client: "google")
            let search = CredentialSearch(environment: ["GOOGLE_APPLICATION_CREDENTIALS": path, "CREDENTIALS": "/x"])
            #expect(try search.first()?.credential.authorizedUser?.clientID == "google")
            #expect(search.variablesBeforeStore == ["GOOGLE_APPLICATION_CREDENTIALS"])
        }
    }

    @Test(.faults("A24")) func warnsAboutExposedFiles() throws {
        try withFolder { folder in
            let path = try write("mounted.json", in: folder, client: "mounted", permissions: 0o644)
            let link = folder.appending(path: "link.json").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            let search = self.search([:])
            #expect(try search.first(.file(path))?.warning != nil)
            #expect(try search.first(.file(link))?.warning != nil)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(try search.first(.file(link))?.warning == nil)
            // With the sticky bit, as in /tmp, only the owner can replace a file.
            for (mode, isOpen) in [(0o777, true), (0o1777, false), (0o755, false)] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
                #expect((try search.first(.file(path))?.warning != nil) == isOpen)
            }
        }
    }

    @Test(
        .faults("A23", "A26"),
        arguments: [
            (nil, OAuthError.Code.credentialsMissing, "cannot be read"),
            ("", .credentialsInvalid, "not a JSON file"),
            ("{", .credentialsInvalid, "not a JSON file"),
            (#"{"type":"service_account"}"#, .credentialsInvalid, "service_account"),
            (#"{"client_id":"a","client_secret":"fake"}"#, .credentialsInvalid, "refresh_token"),
            (#"{"client_id":"a","refresh_token":"fake"}"#, .credentialsInvalid, "client_secret"),
            (#"{"client_secret":"fake","refresh_token":"fake"}"#, .credentialsInvalid, "client_id"),
            (
                #"{"client_id":"a","client_secret":"hush","refresh_token":"hush","token_uri":"https://evil.example/token"}"#,
                .untrustedTokenURI, "evil.example"
            ),
            (
                #"{"client_id":"a","client_secret":"hush","refresh_token":"hush","token_uri":"http://oauth2.googleapis.com/token"}"#,
                .untrustedTokenURI, "token_uri"
            ),
            (String(repeating: " ", count: 70_000), .credentialsInvalid, "64 KiB"),
        ] as [(String?, OAuthError.Code, String)])
    func rejectsInvalidFilesWithoutShowingSecrets(text: String?, code: OAuthError.Code, mention: String) throws {
        try withFolder { folder in
            let url = folder.appending(path: "credentials.json")
            if let text { try Data(text.utf8).write(to: url) }
            let error = #expect(throws: OAuthError.self) { try AuthorizedUserCredential(contentsOfFile: url.path) }
            #expect(error?.code == code)
            #expect(error?.message.contains(mention) == true)
            #expect(error?.message.contains("hush") == false)
        }
    }

    @Test(
        .faults("A26"),
        arguments: [
            "https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token",
            "https://accounts.google.com/o/oauth2/token", "http://127.0.0.1:8080/token",
        ])
    func trustsGoogleAndLoopback(tokenURI: String) throws {
        let credential = try AuthorizedUserCredential(
            clientID: "a", clientSecret: Secret("fake"), refreshToken: Secret("fake"), tokenURI: tokenURI
        )
        #expect(credential.tokenEndpoint.description == tokenURI)
    }
}
