public import TextSupport

/// Why BigQuery did not do what it was asked.
public struct BigQueryError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case invalidRequest, notAQuery, notATable, queryFailed, notFound, permissionDenied, unauthenticated
            case projectNotFound, missingScope, apiDisabled, billingDisabled
            case quotaExceeded, rateLimited, unavailable, jobFailedTemporarily, duplicateJob, foreignJob
            case resultExpired, unexpectedAnswer, waitTooLong
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// A value that the caller gave is not acceptable: a project, a parameter, a name.
        public static let invalidRequest = Code(.invalidRequest)
        /// The statement is not one that returns rows.
        public static let notAQuery = Code(.notAQuery)
        /// It is a view or the like, whose rows only a query can read.
        public static let notATable = Code(.notATable)
        /// BigQuery refused the query, or it failed for good.
        public static let queryFailed = Code(.queryFailed)
        /// The job, table or dataset does not exist, or not in this location.
        public static let notFound = Code(.notFound)
        /// The project does not exist.
        public static let projectNotFound = Code(.projectNotFound)
        /// The account may not do this.
        public static let permissionDenied = Code(.permissionDenied)
        /// The access token was granted no scope that allows this.
        public static let missingScope = Code(.missingScope)
        /// The BigQuery API is not enabled in the project.
        public static let apiDisabled = Code(.apiDisabled)
        /// The project has no billing account, or a closed one.
        public static let billingDisabled = Code(.billingDisabled)
        /// The access token is not accepted, even after it was renewed.
        public static let unauthenticated = Code(.unauthenticated)
        /// A quota is used up for now.
        public static let quotaExceeded = Code(.quotaExceeded)
        /// Too many requests at a time.
        public static let rateLimited = Code(.rateLimited)
        /// The service is in trouble.
        public static let unavailable = Code(.unavailable)
        /// The job failed for a reason of the service; the same query under a new id may succeed.
        public static let jobFailedTemporarily = Code(.jobFailedTemporarily)
        /// A job of this id exists already.
        public static let duplicateJob = Code(.duplicateJob)
        /// The job of this id runs another query.
        public static let foreignJob = Code(.foreignJob)
        /// The result has been deleted; BigQuery keeps it for about 24 hours.
        public static let resultExpired = Code(.resultExpired)
        /// The answer is not one of BigQuery.
        public static let unexpectedAnswer = Code(.unexpectedAnswer)
        /// The service asks to be left alone for longer than one request may take.
        public static let waitTooLong = Code(.waitTooLong)

        /// The identifier of the code, for example `queryFailed`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// Whether the same request may succeed later.
        public var isTransient: Bool { value == .unavailable || value == .rateLimited }
    }

    /// The kind of error.
    public var code: Code
    /// What went wrong, in one line.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// The error underneath.
    public var cause: (any Error)?
    /// BigQuery's own reason, for example `invalidQuery`, if it gave one.
    public var reason: String?
    /// The HTTP status, if the error is an answer.
    public var status: Int?
    /// How long the service asked to wait.
    public var retryAfter: Duration?

    /// Makes an error.
    public init(code: Code, message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Whether the same request may succeed later.
    public var isTransient: Bool { code.isTransient }
}
