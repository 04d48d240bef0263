public import BigQueryEmulator
public import TextSupport

extension EmulatorError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unreadableFile: ErrorEntry(
            .inputMissing, "A file for the emulator to load does not exist or cannot be read.",
            hint: "check that the file or folder exists and is readable"),
        .invalidData: ErrorEntry(
            .badData, "A file for the emulator to load, or the schema file next to it, is invalid.",
            hint: "fix the file, or describe its columns in a schema file next to it"),
        .cannotListen: ErrorEntry(
            .systemLimit, "The port is in use or not permitted. Choose another one with --port.",
            hint: "choose another port, or 0 for a free port"),
        .cannotWrite: ErrorEntry(
            .cannotCreate, "A file cannot be written at the given path.",
            hint: "choose a path without spaces, in an existing, writable folder"),
    ]
}

extension EmulatorError: CodedError {
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// Always `false`.
    public var isTransient: Bool { false }
}
