/// The version of bqpull.
public enum ToolVersion {
    /// The semantic version, for example `0.1.0`.
    public static let current = "0.1.0"

    /// Program and version as they stand in the record of a run.
    static let programName = "bqpull \(current)"
}
