import BigQueryPull
import TextSupport

/// What is said at once when a result is larger than a local file should be.
enum LargeResultNote {
    /// Says it, with the command that has BigQuery export the same rows instead.
    ///
    /// - Parameters:
    ///   - source: what is pulled, as it is typed.
    ///   - display: `nil` if nothing may be shown.
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
                "\nhint: Ctrl-C, and have BigQuery write files instead: \(words.joined(separator: " "))\n")
        }
    }
}

extension QueryText {
    /// As it is typed.
    var typed: [String] {
        file.map { ["--file", shellWord($0)] } ?? sql.map { [$0 == "-" ? $0 : shellWord($0)] } ?? []
    }
}

extension JobOptions {
    /// Those that belong to the query rather than to how it is run, as they are typed.
    var typed: [String] {
        (location.map { ["--location", shellWord($0)] } ?? []) + parameters.flatMap { ["--param", shellWord($0)] }
    }
}
