// swift-tools-version:6.2
import PackageDescription

var strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
// Not for those who build it with a later compiler, which may warn of more.
if Context.environment["CI"] != nil { strict.append(.treatAllWarnings(as: .error)) }

// What `bqpull --version` says. Not Context.gitInformation, which SwiftPM remembers and does not ask for again.
var commit: [CSetting] = []
if let name = Context.environment["BQPULL_COMMIT"], !name.isEmpty {
    commit.append(.define("BQPULL_COMMIT", to: "\"\(name)\""))
}

let package = Package(
    name: "bqpull",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "bqpull", targets: ["bqpull"]),
        .library(name: "BigQueryPull", targets: ["BigQueryPull"]),
        .library(name: "BigQuery", targets: ["BigQuery"]),
        .library(name: "GoogleOAuth", targets: ["GoogleOAuth"]),
        .library(name: "CredentialStore", targets: ["CredentialStore"]),
        .library(name: "GoogleHTTP", targets: ["GoogleHTTP"]),
        .library(name: "BigQueryRows", targets: ["BigQueryRows"]),
        .library(name: "RowFormats", targets: ["RowFormats"]),
        .library(name: "SQLiteStaging", targets: ["SQLiteStaging"]),
        .library(name: "BigQueryEmulator", targets: ["BigQueryEmulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .executableTarget(name: "bqpull", dependencies: ["BQPullCommands"], swiftSettings: strict),
        .target(
            name: "BQPullCommands",
            dependencies: [
                "BigQuery", "BigQueryEmulator", "BigQueryPull", "BigQueryRows", "CBuild", "CResourceLimits",
                "CredentialStore", "GoogleHTTP", "GoogleOAuth", "RowFormats", "SQLiteStaging", "TextSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "BigQueryPull",
            dependencies: [
                "BigQuery", "BigQueryRows", "GoogleHTTP", "GoogleOAuth", "SQLiteStaging", "TextSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "BigQuery",
            dependencies: ["BigQueryRows", "GoogleHTTP", "GoogleOAuth", "TextSupport"],
            swiftSettings: strict
        ),
        .target(
            name: "GoogleOAuth",
            dependencies: [
                "GoogleHTTP", "TextSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "CredentialStore",
            dependencies: ["GoogleHTTP", "GoogleOAuth", "TextSupport"],
            swiftSettings: strict
        ),
        .target(
            name: "GoogleHTTP",
            dependencies: [
                "TextSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .target(name: "BigQueryRows", dependencies: ["CZlib", "TextSupport"], swiftSettings: strict),
        .target(name: "RowFormats", dependencies: ["BigQueryRows", "TextSupport"], swiftSettings: strict),
        .target(
            name: "SQLiteStaging",
            dependencies: [
                "BigQueryRows", "CSQLiteShim", "TextSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "BigQueryEmulator",
            dependencies: [
                "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(name: "TextSupport", swiftSettings: strict),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
        ),
        .target(name: "CBuild", cSettings: commit),
        .target(name: "CResourceLimits"),
        .target(name: "CSQLiteShim", linkerSettings: [.linkedLibrary("sqlite3")]),

        .target(
            name: "TestSupport",
            dependencies: [
                "GoogleHTTP",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(name: "TextSupportTests", dependencies: ["TestSupport", "TextSupport"], swiftSettings: strict),
        .testTarget(
            name: "GoogleHTTPTests",
            dependencies: [
                "GoogleHTTP", "TestSupport", "TextSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "GoogleOAuthTests",
            dependencies: [
                "BigQueryEmulator", "GoogleHTTP", "GoogleOAuth", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CredentialStoreTests",
            dependencies: ["CredentialStore", "GoogleHTTP", "GoogleOAuth", "TestSupport", "TextSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BigQueryTests",
            dependencies: ["BigQuery", "BigQueryRows", "GoogleHTTP", "GoogleOAuth", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BigQueryRowsTests", dependencies: ["BigQueryRows", "CZlib", "TestSupport"], swiftSettings: strict
        ),
        .target(name: "FaultyVFS", path: "Tests/FaultyVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "SQLiteStagingTests",
            dependencies: [
                "BigQueryRows", "FaultyVFS", "SQLiteStaging", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BigQueryPullTests",
            dependencies: [
                "BigQuery", "BigQueryEmulator", "BigQueryPull", "BigQueryRows", "GoogleHTTP", "GoogleOAuth",
                "SQLiteStaging", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "BQPullCommands", "BigQuery", "BigQueryEmulator", "BigQueryPull", "BigQueryRows", "GoogleHTTP",
                "GoogleOAuth", "SQLiteStaging", "TestSupport", "TextSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BigQueryEmulatorTests",
            dependencies: [
                "BigQueryEmulator", "CZlib", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "bqpullTests",
            dependencies: [
                "BQPullCommands", "BigQuery", "BigQueryEmulator", "BigQueryPull", "BigQueryRows", "GoogleHTTP",
                "GoogleOAuth", "RowFormats", "SQLiteStaging", "TestSupport", "TextSupport", "bqpull",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "PackageTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// Not for those who only use or build it: what is measured in Benchmarks/counts.sh.
if Context.environment["BQPULL_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "RowBenchmark", dependencies: ["BigQueryRows", "SQLiteStaging", "CZlib"], path: "Benchmarks/Micro",
            swiftSettings: strict))
}
