import BigQueryPull
import CBuild

/// The version of this build of bqpull.
enum ToolBuild {
    /// One line, for example `bqpull 0.1.0 (c82da3b, release, Swift 6.3.1, Linux x86_64)`; without the commit if it
    /// was not passed to the build.
    static var description: String {
        let details = [commit, configuration, "Swift \(compiler)", "\(system) \(architecture)"].compactMap(\.self)
        return "bqpull \(ToolVersion.current) (\(details.joined(separator: ", ")))"
    }

    private static var commit: String? { bqpull_build_commit().map { String(cString: $0) } }

    private static var compiler: String {
        let version = Int(BQPULL_BUILD_SWIFT_VERSION)
        let (minor, patch) = (version / 100 % 100, version % 100)
        return "\(version / 10_000).\(minor)" + (patch == 0 ? "" : ".\(patch)")
    }

    #if DEBUG
    private static let configuration = "debug"
    #else
    private static let configuration = "release"
    #endif

    #if os(macOS)
    private static let system = "macOS"
    #else
    private static let system = "Linux"
    #endif

    #if arch(arm64)
    private static let architecture = "arm64"
    #else
    private static let architecture = "x86_64"
    #endif
}
