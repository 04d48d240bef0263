import Foundation
import Testing

/// The texts of the package: libraries do not speak of the command line, and all of it is in the field's English.
@Suite struct TextTests {
    /// A file with the lines that match a pattern.
    private static func matches(of pattern: String, in files: [String]) throws -> [String] {
        let pattern = try Regex(pattern)
        return try files.flatMap { file in
            try Package.text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { try pattern.firstMatch(in: $0.element) != nil }
                .map { "\(file):\($0.offset + 1): \($0.element)" }
        }
    }

    /// Flags, commands and environment variables of bqpull.
    private static let commandLine = #"(?:^|[^-\w])--[a-z][a-z-]+|bqpull |BQPULL_"#

    @Test(
        arguments: try Package.current.swiftTargets.filter {
            $0.path.hasPrefix("Sources/") && $0.name != "BQPullCommands" && $0.name != "bqpull"
        })
    func librariesDoNotNameTheCommandLine(target: Package.Target) throws {
        let matches = try Self.matches(of: Self.commandLine, in: target.sources.map { "\(target.path)/\($0)" })
        #expect(matches.isEmpty, "\(matches.count) lines:\n\(matches.joined(separator: "\n"))")
    }

    @Test func theCommandLineIsRecognised() throws {
        let command = try Package.current.swiftTargets.filter { $0.name == "BQPullCommands" }
        let files = command.flatMap { target in target.sources.map { "\(target.path)/\($0)" } }
        #expect(try Self.matches(of: Self.commandLine, in: files).count > 100)
    }

    /// Idioms that are not the field's English, with the words to use instead.
    private static let idioms: [(pattern: String, instead: String)] = [
        (#"\banew\b"#, "from scratch"),
        (#"\bagain and again\b|\btime and again\b"#, "repeatedly"),
        (#"\bfor ever\b"#, "indefinitely"),
        (#"\bnobody\b|\bsomebody\b"#, "no caller, another process"),
        (#"\bbeside\b"#, "next to"),
        (#"\b(?-i:is none)\b|\b(?-i:are none)\b"#, "is not a …"),
        (#"\bmay have\b(?! been)"#, "can hold, can take"),
        (#"\bof (?:Google|BigQuery)'s\b"#, "Google's …"),
        (#"\bwhat it took\b"#, "elapsed"),
        (#"\b(?:go|goes|going) with\b"#, "match"),
        (#"\bask(?:s|ed|ing)? for\b(?! confirmation)|\basks? to be spared\b"#, "requests, requested, throttles"),
        (#"\bnevertheless\b"#, "even then"),
        (#"\bpays? for queries\b|\bpay for queries\b"#, "billed for queries"),
        (#"\bMisfit\b|\bPageChain\b|\bReadingGate\b|\bPullMeter\b|\bPatientOutput\b"#, "the terms of the glossary"),
        (#"\b(?-i:let|var|func|case) \w*(?-i:Id)\b"#, "…ID"),
    ]

    private static let texts: [String] = {
        let folders = ["Sources", "Tests", "Examples", "Benchmarks"]
        let names = folders.flatMap { folder in
            let paths = FileManager.default.enumerator(atPath: Package.root.appending(path: folder).path)
            return paths?.compactMap { ($0 as? String).map { "\(folder)/\($0)" } } ?? []
        }
        let types: Set = ["swift", "md", "sh", "py"]
        return ["README.md"]
            + names.filter { types.contains(URL(filePath: $0).pathExtension) && !$0.contains("/.build") }
    }()

    @Test(arguments: idioms) func textsUseTheFieldsTerms(idiom: (pattern: String, instead: String)) throws {
        let files = Self.texts.filter { !$0.hasSuffix("PackageTests/TextTests.swift") }
        try #require(files.count > 500)
        let matches = try Self.matches(of: "(?i)" + idiom.pattern, in: files)
        #expect(
            matches.isEmpty, "write \(idiom.instead) in \(matches.count) lines:\n\(matches.joined(separator: "\n"))")
    }
}
