public import TextSupport

/// An error in a page of rows, or in one of its cells.
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

        /// The body has a content encoding that was not requested.
        public static let unsupportedEncoding = Code(.unsupportedEncoding)
        /// The body ends early, or its gzip data, checksum or length is wrong.
        public static let corruptBody = Code(.corruptBody)
        /// The body is larger than the limit.
        public static let bodyTooLarge = Code(.bodyTooLarge)
        /// The body is not one JSON object in valid UTF-8, or repeats a member.
        public static let malformedJSON = Code(.malformedJSON)
        /// The page contradicts itself or earlier pages, or lacks a required member.
        public static let inconsistentPage = Code(.inconsistentPage)
        /// The result has fewer or more rows than its total.
        public static let wrongRowCount = Code(.wrongRowCount)
        /// The page has other columns than earlier pages.
        public static let schemaChanged = Code(.schemaChanged)
        /// A cell does not match the type of its column.
        public static let invalidCell = Code(.invalidCell)

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// The identifier of the code, for example `invalidCell`.
        public var description: String { value.rawValue }

        /// Whether fetching the same page again can help: after errors that a broken connection or a failing server can
        /// cause.
        package var isTransient: Bool {
            switch value {
            case .corruptBody, .malformedJSON, .inconsistentPage, .wrongRowCount: true
            case .unsupportedEncoding, .bodyTooLarge, .schemaChanged, .invalidCell: false
            }
        }
    }

    /// The kind of error.
    public let code: Code
    /// What failed, in one line, with the row and the column if known.
    public var message: String
    /// The error underneath.
    public let cause: (any Error)?

    package init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether fetching the same page again can help.
    public var isTransient: Bool { code.isTransient }
}
