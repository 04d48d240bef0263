public import BigQueryEmulator
public import TextSupport

extension EmulatorError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .unreadableFile: ErrorEntry(
            .inputMissing,
            explanation:
                "A file that the emulator was to load does not exist or cannot be read."),
        .invalidData: ErrorEntry(
            .badData,
            explanation:
                "A file that the emulator was to load, or the schema beside it, is not what it should be."),
        .cannotListen: ErrorEntry(
            .systemLimit,
            explanation:
                "The port on this machine is taken or may not be used. Choose another one with --port."),
        .cannotWrite: ErrorEntry(
            .cannotCreate,
            explanation:
                "A file cannot be written where you asked for it. Name another place."),
    ]

    var specificHint: String? { hint }
}

extension EmulatorError: CodedError {
    /// `nil`: the message says all.
    public var cause: (any Error)? { nil }
    /// Always `false`.
    public var isTransient: Bool { false }
}
