public import TextSupport

/// What is wrong with a page or a cell that the service sent.
public struct RowsError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case unsupportedEncoding, corruptBody, bodyTooLarge
            case malformedJSON, inconsistentPage, wrongRowCount, schemaChanged, invalidCell
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The body is encoded in a way that was not asked for.
        public static let unsupportedEncoding = Code(.unsupportedEncoding)
        /// The body ends early, or its gzip data, checksum or length is wrong.
        public static let corruptBody = Code(.corruptBody)
        /// The body is larger than the limit.
        public static let bodyTooLarge = Code(.bodyTooLarge)
        /// The body is not one JSON object in valid UTF-8, or has a member twice that counts.
        public static let malformedJSON = Code(.malformedJSON)
        /// The page contradicts itself or the pages before it, or a part is missing.
        public static let inconsistentPage = Code(.inconsistentPage)
        /// The rows end before all have come that were promised, or go on after them.
        public static let wrongRowCount = Code(.wrongRowCount)
        /// The page has other columns than the pages before it.
        public static let schemaChanged = Code(.schemaChanged)
        /// A cell does not fit the type of its column.
        public static let invalidCell = Code(.invalidCell)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `invalidCell`.
        public var description: String { value.rawValue }

        /// Whether reading the same page again may help: what a broken connection or a server in trouble can
        /// cause, but not what would be the same the next time.
        public var isTransient: Bool {
            switch value {
            case .corruptBody, .malformedJSON, .inconsistentPage, .wrongRowCount: true
            case .unsupportedEncoding, .bodyTooLarge, .schemaChanged, .invalidCell: false
            }
        }

        fileprivate var hint: String? {
            switch value {
            case .unsupportedEncoding, .corruptBody, .malformedJSON:
                "look for a proxy between here and the service that changes answers; then run the same command again"
            case .bodyTooLarge: nil
            case .inconsistentPage: "run the same command again; with --restart it begins anew"
            case .schemaChanged, .wrongRowCount: "run the same command again; it begins anew"
            case .invalidCell: "select the column as text: CAST(… AS STRING)"
            }
        }
    }

    /// The kind of error.
    public var code: Code
    /// What is wrong, in one line, naming row and column where there are any.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The error underneath.
    public var cause: (any Error)?

    /// Makes an error.
    ///
    /// - Parameter hint: `nil`, the default, takes what there is to say of the code.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint ?? code.hint
        self.cause = cause
    }

    /// Whether reading the same page again may help.
    public var isTransient: Bool { code.isTransient }
}
