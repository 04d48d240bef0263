/// An error at the start of an emulator.
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
        /// A file to load, or the schema file next to it, is invalid.
        public static let invalidData = Code(.invalidData)
        /// The port is in use or not permitted.
        public static let cannotListen = Code(.cannotListen)
        /// A credentials file cannot be written.
        public static let cannotWrite = Code(.cannotWrite)

        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `invalidData`.
        public var description: String { value.rawValue }
    }

    /// The kind of error.
    public internal(set) var code: Code
    /// The error in one line, with file and line if known.
    public var message: String

    /// Creates an error.
    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    static func unreadableFile(_ path: String) -> EmulatorError {
        EmulatorError(code: .unreadableFile, message: "\(path): cannot be read")
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}
