/// Something that the user should know although nothing failed.
public struct PullWarning: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The kind of warning.
    public struct Code: Sendable, Hashable, Codable, CustomStringConvertible {
        private enum Value: String, Codable {
            case credentialsFile, refreshTokenNotStored, unknownType, nullInRequired, schemaChanged, tableChanged
            case streamingBuffer, repeatedPage, firstIncrementalRun, rowsNotCounted, fileNotClosed, repeatedExport,
                largeResult, notAcknowledged
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The file of credentials can be read by others, or is a link.
        public static let credentialsFile = Code(.credentialsFile)
        /// Google replaced the refresh token, and the new one could not be stored.
        public static let refreshTokenNotStored = Code(.refreshTokenNotStored)
        /// A column is of a type that did not exist when this was written; its values are kept as sent.
        public static let unknownType = Code(.unknownType)
        /// A column that is REQUIRED has NULLs.
        public static let nullInRequired = Code(.nullInRequired)
        /// The result has other columns than the dry run promised.
        public static let schemaChanged = Code(.schemaChanged)
        /// The table changed meanwhile, and was read once more.
        public static let tableChanged = Code(.tableChanged)
        /// Rows are being streamed into the table, and the latest may be missing.
        public static let streamingBuffer = Code(.streamingBuffer)
        /// Two pages in a row had the same rows.
        public static let repeatedPage = Code(.repeatedPage)
        /// The first incremental run was added to rows that were there before.
        public static let firstIncrementalRun = Code(.firstIncrementalRun)
        /// The rows without a watermark could not be counted.
        public static let rowsNotCounted = Code(.rowsNotCounted)
        /// An export was run again, and files of the first attempt may be left.
        public static let repeatedExport = Code(.repeatedExport)
        /// The table is published, but the file could not be closed as it should.
        public static let fileNotClosed = Code(.fileNotClosed)
        /// The rows seem to need more room than there is, or more than a local file should have.
        public static let largeResult = Code(.largeResult)

        /// The run is published, but that its caller has the report could not be recorded: the same command may report it
        /// once more instead of running.
        public static let notAcknowledged = Code(.notAcknowledged)

        /// The identifier of the code, for example `tableChanged`.
        public var description: String { value.rawValue }

        /// Reads an identifier.
        public init(from decoder: any Decoder) throws {
            value = try Value(from: decoder)
        }

        /// Writes the identifier.
        public func encode(to encoder: any Encoder) throws {
            try value.encode(to: encoder)
        }
    }

    /// The kind of warning.
    public var code: Code
    /// What there is to know, in one line.
    public var message: String

    /// Makes a warning.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
