import TextSupport

/// An error of the command line itself.
struct CommandError: ReportedError {
    /// The kinds of error. Several share a promised identifier and differ in exit status.
    enum Code: CaseIterable {
        case usage, noProject, notConfirmed
        case unreadableInput, invalidConfiguration, cannotStore, unwritableOutput
        case cannotWrite, outOfResources
        case interrupted, terminated, hungUp
        case unexpected
    }

    let code: Code
    var message: String
    let specificHint: String?

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        specificHint = hint
    }

    var cause: (any Error)? { nil }

    var isTransient: Bool { false }

    static let noProject = CommandError(.noProject, "no billing project set")

    static let entries: [Code: ErrorEntry] = [
        .usage: ErrorEntry(.usage, "The arguments are not valid. COMMAND --help shows examples."),
        .noProject: ErrorEntry(
            .usage, "No billing project is set.",
            hint: "pass --project ID, or set it once: bqpull config project ID"),
        .notConfirmed: ErrorEntry(
            .usage,
            "The query would process more than the confirmation threshold, and it was not confirmed. Add --yes, or select less."
        ),
        .unreadableInput: ErrorEntry(.inputMissing, "An input file cannot be read, or is not valid UTF-8."),
        .invalidConfiguration: ErrorEntry(
            .configuration,
            "A setting or an environment variable has an invalid value. bqpull config shows where each value comes from."
        ),
        .cannotStore: ErrorEntry(
            .cannotCreate,
            "There is no configuration folder to write to, or writing would overwrite another refresh token."),
        .unwritableOutput: ErrorEntry(
            .localIO, "Standard output cannot be written.",
            hint: "free some disk space, or redirect the output elsewhere"),
        .cannotWrite: ErrorEntry(
            .cannotCreate, "The file cannot be created or written.",
            hint: "name a file in a folder that exists and is writable"),
        .outOfResources: ErrorEntry(
            .systemLimit, "Memory or file descriptors ran out. Raise the limit, or lower --memory."),
        .interrupted: interruption(.interrupted),
        .terminated: interruption(.terminated),
        .hungUp: interruption(.hungUp),
        .unexpected: ErrorEntry(.unexpected, "Internal error (a bug). Report it with the output of --verbose."),
    ]

    private static func interruption(_ exitStatus: ExitStatus) -> ErrorEntry {
        ErrorEntry(
            exitStatus, "A signal stopped the command. Staged rows are kept.",
            hint: "run the same command again")
    }
}

extension CommandError.Code: CustomStringConvertible {
    /// The identifier.
    var description: String {
        switch self {
        case .usage, .unreadableInput, .invalidConfiguration, .cannotStore, .unwritableOutput: "usage"
        case .noProject: "noProject"
        case .notConfirmed: "notConfirmed"
        case .cannotWrite: "cannotWrite"
        case .outOfResources: "outOfResources"
        case .interrupted, .terminated, .hungUp: "interrupted"
        case .unexpected: "unexpected"
        }
    }
}
