/// The name and version of this program.
package enum ToolVersion {
    /// The semantic version, for example `0.1.0`.
    package static let current = "0.1.0"

    private static let name = "bqpull"

    /// Program and version, as recorded with a run.
    static let programName = "\(name) \(current)"
}
