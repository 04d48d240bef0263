public import BigQueryEmulator
public import TextSupport

extension EmulatorError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unreadableFile: ErrorEntry(
            .inputMissing, explanation: "A file for the emulator to load does not exist or cannot be read."),
        .invalidData: ErrorEntry(
            .badData, explanation: "A file for the emulator to load, or the schema file next to it, is invalid."),
        .cannotListen: ErrorEntry(
            .systemLimit, explanation: "The port is in use or not permitted. Choose another one with --port."),
        .cannotWrite: ErrorEntry(
            .cannotCreate, explanation: "A file cannot be written at the given path. Choose another path."),
    ]

    var specificHint: String? { hint }
}

extension EmulatorError: CodedError {
    /// Always `nil`.
    public var cause: (any Error)? { nil }
    /// Always `false`.
    public var isTransient: Bool { false }
}
