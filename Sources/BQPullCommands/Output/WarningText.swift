import BigQueryPull

/// A warning of a pull, and the command that removes its cause.
enum WarningText {
    /// Writes a warning to standard error.
    ///
    /// - Parameters:
    ///   - warning: The warning.
    ///   - file: The staging database; `nil` if the rows went to standard output.
    static func show(_ warning: PullWarning, file: String?) {
        Diagnostics.warning(warning.message)
        if let file, let hint = hint(warning, file: file) { Diagnostics.info("\nhint: \(hint)\n") }
    }

    static func hint(_ warning: PullWarning, file: String) -> String? {
        switch warning.detail {
        case .markInFuture(let load, let value):
            let command = TypedCommand(["loads", file]).setting("--reset", load)
            return "reset the mark: \((value.map { command.setting("--to", $0) } ?? command).text)"
        case nil: return nil
        }
    }
}
