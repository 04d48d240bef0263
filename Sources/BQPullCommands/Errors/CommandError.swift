/// An error of the command line itself.
struct CommandError: Error {
    var identifier = "usage"
    var message: String
    var exitStatus: ExitStatus
    var hint: String?

    static let noProject = CommandError(
        identifier: "noProject", message: "no billing project set", exitStatus: .usage,
        hint: "pass --project ID, or set it once: bqpull config project ID")

    /// The identifiers of the command line's own errors, with the exit statuses that they have.
    static let entries: [(identifier: String, statuses: [ExitStatus], explanation: String)] = [
        (
            "usage", [.usage], "The arguments are not valid. COMMAND --help shows examples."
        ),
        (
            "noProject", [.usage],
            "No billing project is set. Pass --project, or set one with bqpull config project ID."
        ),
        (
            "notConfirmed", [.usage],
            "The query would process more than the confirmation threshold, and it was not confirmed. Add --yes, or select less."
        ),
        (
            "interrupted", [.interrupted, .terminated, .hungUp],
            "A signal stopped the command. Staged rows are kept: run the same command again."
        ),
        (
            "outOfResources", [.systemLimit],
            "Memory or file descriptors ran out. Close other programs, or lower --memory."
        ),
        (
            "cannotWrite", [.cannotCreate], "The file cannot be created or written. Check its folder and permissions."
        ),
        (
            "unexpected", [.unexpected], "Internal error (a bug). Report it with the output of --verbose."
        ),
    ]
}
