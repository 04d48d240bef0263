import Foundation
import Testing

/// The package as SwiftPM describes it.
struct Package: Decodable {
    struct Target: Decodable, CustomTestStringConvertible {
        let name: String
        let path: String
        let type: String
        let moduleType: String
        let sources: [String]
        private let targetDependencies: [String]?
        private let productDependencies: [String]?

        private enum CodingKeys: String, CodingKey {
            case name, path, type, sources
            case moduleType = "module_type"
            case targetDependencies = "target_dependencies"
            case productDependencies = "product_dependencies"
        }

        var testDescription: String { name }

        /// The declared targets and products; a product has the name of its module.
        var dependencies: Set<String> { Set((targetDependencies ?? []) + (productDependencies ?? [])) }

        /// The imported modules of each source file.
        var imports: [String: Set<String>] {
            get throws {
                try Dictionary(
                    uniqueKeysWithValues: sources.map { source in
                        (source, Self.imports(in: try Package.text("\(path)/\(source)")))
                    })
            }
        }

        static func imports(in source: String) -> Set<String> {
            let line =
                /^(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:actor|class|enum|func|let|protocol|struct|typealias|var)\s+)?(\w+)/
            return Set(source.split(separator: "\n").compactMap { $0.firstMatch(of: line).map { String($0.1) } })
        }
    }

    let targets: [Target]

    var swiftTargets: [Target] { targets.filter { $0.moduleType == "SwiftTarget" } }

    /// The folder of the package.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A text file of the package.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static let described = Result { try describe() }

    /// This package.
    static var current: Package {
        get throws { try described.get() }
    }

    /// Runs SwiftPM with a separate build folder, since that of the tests is locked.
    private static func describe() throws -> Package {
        let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(at: scratch) }
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "describe", "--type",
            "json",
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let json = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode(Package.self, from: json)
    }
}
