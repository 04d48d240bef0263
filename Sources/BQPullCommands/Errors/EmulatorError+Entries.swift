public import BigQueryEmulator
public import TextSupport

extension EmulatorError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unreadableFile: ErrorEntry(
            .inputMissing, hint: "check that the file or folder exists and is readable",
            explanation: "A file for the emulator to load does not exist or cannot be read."),
        .invalidData: ErrorEntry(
            .badData, hint: "fix the file, or describe its columns in a schema file next to it",
            explanation: "A file for the emulator to load, or the schema file next to it, is invalid."),
        .cannotListen: ErrorEntry(
            .systemLimit, hint: "choose another port, or 0 for a free port",
            explanation: "The port is in use or not permitted. Choose another one with --port."),
        .cannotWrite: ErrorEntry(
            .cannotCreate, hint: "choose a path without spaces, in an existing, writable folder",
            explanation: "A file cannot be written at the given path. Choose another path."),
    ]
}

extension EmulatorError: CodedError {
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// Always `false`.
    public var isTransient: Bool { false }
}
