import TextSupport

/// A row of the table of errors: what the code of a library means on the command line.
struct ErrorEntry {
    /// The exit status of a command that fails with the code.
    let exitStatus: ExitStatus
    /// What to do next, for every error of the code; `nil` if the message says all.
    let hint: String?
    /// The text of `bqpull help errors`.
    let explanation: String

    init(_ exitStatus: ExitStatus, hint: String? = nil, explanation: String) {
        self.exitStatus = exitStatus
        self.hint = hint
        self.explanation = explanation
    }
}

/// A library's error with its part of the table.
protocol ReportedError: CodedError {
    /// The entry of every code.
    static var entries: [Code: ErrorEntry] { get }

    /// A hint that depends on more than the code; `nil` for the hint of the entry.
    var specificHint: String? { get }
}

extension ReportedError {
    var specificHint: String? { nil }

    /// The exit status of the code.
    var exitStatus: ExitStatus { Self.entries[code]?.exitStatus ?? .unexpected }

    /// What to do next.
    var suggestion: String? { specificHint ?? Self.entries[code]?.hint }

    /// The same error with a hint that only the command can give.
    func hinted(_ hint: String) -> HintedError { HintedError(error: self, hint: hint) }
}

/// A library's error with a hint that only the command can give.
struct HintedError: Error {
    let error: any ReportedError
    let hint: String
}
