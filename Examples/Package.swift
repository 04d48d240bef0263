// swift-tools-version:6.2
import PackageDescription

var settings: [SwiftSetting] = []
if Context.environment["CI"] != nil { settings.append(.treatAllWarnings(as: .error)) }

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        // From a package of your own: .package(url: "https://github.com/…/bqpull", from: "0.1.0").
        .package(name: "bqpull", path: ".."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "TenLines",
            dependencies: [
                .product(name: "BigQueryPull", package: "bqpull"),
                .product(name: "SQLiteStaging", package: "bqpull"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "DailyJob",
            dependencies: [
                .product(name: "BigQuery", package: "bqpull"),
                .product(name: "BigQueryPull", package: "bqpull"),
                .product(name: "SQLiteStaging", package: "bqpull"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "RowService",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "CSVExport",
            dependencies: [
                .product(name: "BigQuery", package: "bqpull"),
                .product(name: "BigQueryPull", package: "bqpull"),
                .product(name: "RowFormats", package: "bqpull"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EmulatorTests",
            dependencies: [
                "CSVExport", "DailyJob",
                .product(name: "BigQuery", package: "bqpull"),
                .product(name: "BigQueryEmulator", package: "bqpull"),
                .product(name: "BigQueryPull", package: "bqpull"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
