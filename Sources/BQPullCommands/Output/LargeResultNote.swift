import BigQueryPull
import TextSupport

/// The warning about a result that is too large for a local file.
enum LargeResultNote {
    /// Shows the warning as soon as the size is known, with the command that exports the same rows instead.
    ///
    /// - Parameters:
    ///   - source: The source of the pull, as typed.
    ///   - connection: The options to repeat in the command.
    ///   - display: `nil` with `--quiet`.
    /// - Returns: A handler of warnings.
    static func show(
        _ source: [String], _ connection: ConnectionOptions, _ display: ProgressDisplay?
    ) -> @Sendable (PullWarning) -> Void {
        let project = connection.project.map { ["--project", shellWord($0)] } ?? []
        let words =
            ["bqpull export"] + source + ["--to 'gs://BUCKET/PREFIX-*.parquet'"] + project + connection.given
        return { warning in
            guard warning.code == .largeResult, display != nil else { return }
            Diagnostics.warning(warning.message)
            Diagnostics.info(
                "\nhint: press Ctrl-C, and export to Cloud Storage instead: \(words.joined(separator: " "))\n")
        }
    }
}

extension QueryText {
    /// The arguments, quoted for a shell.
    var typed: [String] {
        file.map { ["--file", shellWord($0)] } ?? sql.map { [$0 == "-" ? $0 : shellWord($0)] } ?? []
    }
}

extension JobOptions {
    /// The options that determine the result, quoted for a shell.
    var typed: [String] {
        (location.map { ["--location", shellWord($0)] } ?? []) + parameters.flatMap { ["--param", shellWord($0)] }
    }
}
