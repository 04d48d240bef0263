/// A condition to report to the user although the pull succeeded.
public struct PullWarning: Sendable, Hashable, Encodable, CustomStringConvertible {
    /// The kind of warning.
    public struct Code: Sendable, Hashable, Encodable, CustomStringConvertible {
        private enum Value: String, Encodable {
            case credentialsFile, refreshTokenNotStored, unknownType, nullInRequired, schemaChanged, tableChanged
            case streamingBuffer, repeatedPage, emptyResult, markInFuture, rowsNotCounted, fileNotClosed,
                repeatedExport, largeResult, notAcknowledged
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The credentials file is readable by others, or is a link.
        package static let credentialsFile = Code(.credentialsFile)
        /// Google replaced the refresh token, and the new one could not be stored.
        package static let refreshTokenNotStored = Code(.refreshTokenNotStored)
        /// A column has a type unknown to this version; its values are staged as sent.
        public static let unknownType = Code(.unknownType)
        /// A REQUIRED column contains NULL.
        public static let nullInRequired = Code(.nullInRequired)
        /// The columns of the result differ from those of the dry run.
        public static let schemaChanged = Code(.schemaChanged)
        /// The table changed while it was read, and was read again.
        public static let tableChanged = Code(.tableChanged)
        /// The table has a streaming buffer, and its latest rows may be missing.
        public static let streamingBuffer = Code(.streamingBuffer)
        /// Two consecutive pages have the same rows.
        public static let repeatedPage = Code(.repeatedPage)
        /// An empty result replaced a table with rows.
        public static let emptyResult = Code(.emptyResult)
        /// The high-water mark of a load is more than a day in the future, so that later rows are not pulled.
        public static let markInFuture = Code(.markInFuture)
        /// The rows whose incremental column is NULL could not be counted.
        public static let rowsNotCounted = Code(.rowsNotCounted)
        /// An export was retried, and files of the first attempt may remain.
        public static let repeatedExport = Code(.repeatedExport)
        /// The table is published, but the database file could not be closed cleanly.
        public static let fileNotClosed = Code(.fileNotClosed)
        /// The rows seem to need more disk space than is free, or are large for a local file.
        public static let largeResult = Code(.largeResult)
        /// The rows are published, but the acknowledgement could not be recorded: the same pull may report this run once
        /// more instead of running.
        public static let notAcknowledged = Code(.notAcknowledged)

        /// The identifier of the code, for example `tableChanged`.
        public var description: String { value.rawValue }

        /// Encodes the identifier.
        ///
        /// - Parameter encoder: the encoder.
        /// - Throws: the errors of the encoder.
        public func encode(to encoder: any Encoder) throws {
            try value.encode(to: encoder)
        }
    }

    /// A fact about the warning, for advice that its code alone does not decide.
    package enum Detail: Sendable, Hashable {
        /// The mark of the load could be reset to this value, the highest one that is not in the future; `nil` without
        /// such a value.
        case markInFuture(load: String, value: String?)
    }

    private enum CodingKeys: String, CodingKey {
        case code, message
    }

    /// The kind of warning.
    public let code: Code
    /// The condition, in one line.
    public let message: String
    /// A fact that advice depends on.
    package let detail: Detail?

    /// Creates a warning.
    package init(code: Code, message: String, detail: Detail? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
    }

    /// The message.
    public var description: String { message }
}
