/// Why an emulator cannot start.
public struct EmulatorError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case unreadableFile, invalidData, cannotListen, cannotWrite
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// A file to load does not exist or cannot be read.
        public static let unreadableFile = Code(.unreadableFile)
        /// A file to load, or the schema beside it, is not what it should be.
        public static let invalidData = Code(.invalidData)
        /// The port is taken, or may not be used.
        public static let cannotListen = Code(.cannotListen)
        /// A credentials file cannot be written.
        public static let cannotWrite = Code(.cannotWrite)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `invalidData`.
        public var description: String { value.rawValue }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong, in one line, naming file and line where there are any.
    public var message: String
    /// What to do about it, if there is something.
    public var hint: String?

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// A file that does not exist or may not be read.
    static func unreadableFile(_ path: String) -> EmulatorError {
        EmulatorError(
            code: .unreadableFile, message: "\(path): cannot be read",
            hint: "check that the file exists and that you may read it")
    }

    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
