import Foundation
import Testing

/// Imports, declared dependencies and the layers of the package agree.
///
/// SwiftPM's own check accepts a module that a declared dependency brings along; this one does not.
@Suite struct ImportTests {
    /// Modules of the toolchain.
    private static let toolchain: Set = [
        "Darwin", "Dispatch", "Foundation", "FoundationNetworking", "FoundationXML", "Glibc", "Musl", "Swift",
        "Synchronization", "System", "Testing",
    ]

    /// The modules that a target may import besides Foundation and Logging: its layer and what characterises it.
    private static let layers: [String: Set<String>] = [
        "bqpull": ["BQPullCommands"],
        "BQPullCommands": [
            "ArgumentParser", "BigQuery", "BigQueryEmulator", "BigQueryPull", "BigQueryRows", "CBuild",
            "CResourceLimits", "CredentialStore", "GoogleHTTP", "GoogleOAuth", "RowFormats", "SQLiteStaging",
            "Subprocess",
        ],
        "BigQueryPull": ["BigQuery", "BigQueryRows", "GoogleHTTP", "GoogleOAuth", "SQLiteStaging"],
        "BigQuery": ["BigQueryRows", "GoogleHTTP", "GoogleOAuth"],
        "CredentialStore": ["GoogleOAuth", "GoogleHTTP"],
        "GoogleOAuth": ["GoogleHTTP", "Subprocess", "SystemPackage"],
        "GoogleHTTP": ["AsyncHTTPClient", "NIOSSL"],
        "SQLiteStaging": ["BigQueryRows", "CSQLiteShim", "GRDB", "GRDBSQLite"],
        "RowFormats": ["BigQueryRows"],
        "BigQueryRows": ["CZlib"],
        "TextSupport": [],
        "BigQueryEmulator": [
            "CZlib", "GRDB", "GRDBSQLite", "HTTPTypes", "Hummingbird", "NIOSSL", "ServiceLifecycle",
        ],
    ]

    /// Targets without network and clock.
    private static let pure: Set = ["BigQueryRows", "RowFormats", "TextSupport"]

    /// Modules of swift-nio and swift-crypto that every target may import that is not pure.
    private static let common: Set = ["Crypto", "CryptoExtras", "NIOCore", "NIOHTTP1", "NIOPosix"]

    @Test(arguments: try Package.current.swiftTargets)
    func everyImportIsADirectDependency(target: Package.Target) throws {
        let undeclared = try target.imports.mapValues {
            $0.subtracting(target.dependencies).subtracting(Self.toolchain)
        }
        #expect(undeclared.filter { !$0.value.isEmpty } == [:])
    }

    @Test(arguments: try Package.current.swiftTargets)
    func everyDependencyIsImported(target: Package.Target) throws {
        // The end-to-end tests need the program built, and import none of it.
        let programs = try Set(Package.current.targets.filter { $0.type == "executable" }.map(\.name))
        let imported = try target.imports.values.reduce(into: Set()) { $0.formUnion($1) }
        #expect(target.dependencies.subtracting(imported).subtracting(programs) == [])
    }

    @Test(arguments: try Package.current.swiftTargets.filter { $0.path.hasPrefix("Sources/") })
    func everyTargetKeepsToItsLayer(target: Package.Target) throws {
        var allowed = try #require(Self.layers[target.name], "a new target needs a layer").union(["Logging"])
        if target.name != "BigQueryEmulator" { allowed.insert("TextSupport") }
        if !Self.pure.contains(target.name) { allowed.formUnion(Self.common) }
        #expect(target.dependencies.subtracting(allowed) == [])
    }

    @Test func theCheckSeesAnUndeclaredImport() throws {
        let source =
            "@testable import A\npublic import struct B.C\nimport D\n// import E\nlet text = \"import F\"\n"
        #expect(Package.Target.imports(in: source) == ["A", "B", "D"])
    }
}
