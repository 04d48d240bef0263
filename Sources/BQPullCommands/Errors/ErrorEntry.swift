import TextSupport

/// An entry of the error table: how the command line reports an error code.
struct ErrorEntry {
    /// The exit status of a command that fails with the code.
    let exitStatus: ExitStatus
    /// The default hint of the code; `nil` if the message needs none.
    let hint: String?
    /// The explanation that `bqpull help errors` prints before the hint.
    let explanation: String

    init(_ exitStatus: ExitStatus, _ explanation: String, hint: String? = nil) {
        self.exitStatus = exitStatus
        self.hint = hint
        self.explanation = explanation
    }
}

/// An error with its part of the error table.
protocol ReportedError: CodedError {
    /// The entry of every code.
    static var entries: [Code: ErrorEntry] { get }

    /// A hint for this error, which replaces that of the entry.
    var specificHint: String? { get }
}

extension ReportedError {
    var specificHint: String? { nil }

    /// The exit status of the code.
    var exitStatus: ExitStatus { Self.entries[code]?.exitStatus ?? .unexpected }

    /// The hint to show.
    var suggestion: String? { specificHint ?? Self.entries[code]?.hint }

    /// This error with a hint that only the running command knows.
    func hinted(_ hint: String) -> HintedError { HintedError(error: self, hint: hint) }
}

/// An error with a hint that only the running command knows.
struct HintedError: Error, CustomStringConvertible {
    let error: any ReportedError
    let hint: String

    /// The library's error, which runs record.
    var description: String { "\(error)" }
}
