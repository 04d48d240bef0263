public import TextSupport

/// An error of a BigQuery request or job.
public struct BigQueryError: CodedError {
    /// The kind of error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case invalidRequest, notAQuery, notATable, queryFailed, notFound, permissionDenied, unauthenticated
            case projectNotFound, missingScope, apiDisabled, billingDisabled
            case quotaExceeded, rateLimited, unavailable, jobFailedTemporarily, duplicateJob, foreignJob
            case resultExpired, unexpectedAnswer, inconsistentResponse, waitTooLong
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// An argument of the caller is not valid: a project, a parameter, a name.
        public static let invalidRequest = Code(.invalidRequest)
        /// The statement does not return rows.
        public static let notAQuery = Code(.notAQuery)
        /// The table is a view or another object whose rows only a query can read.
        public static let notATable = Code(.notATable)
        /// BigQuery rejected the query, or the query failed.
        public static let queryFailed = Code(.queryFailed)
        /// The job, table or dataset does not exist, or not in this location.
        public static let notFound = Code(.notFound)
        /// The project does not exist.
        public static let projectNotFound = Code(.projectNotFound)
        /// The account lacks a permission.
        public static let permissionDenied = Code(.permissionDenied)
        /// The access token lacks the required scope.
        public static let missingScope = Code(.missingScope)
        /// The BigQuery API is not enabled in the project.
        public static let apiDisabled = Code(.apiDisabled)
        /// The project has no open billing account.
        public static let billingDisabled = Code(.billingDisabled)
        /// The access token is rejected, even after it was renewed.
        public static let unauthenticated = Code(.unauthenticated)
        /// A quota is exhausted.
        public static let quotaExceeded = Code(.quotaExceeded)
        /// Too many requests at a time.
        public static let rateLimited = Code(.rateLimited)
        /// The service is temporarily unavailable.
        public static let unavailable = Code(.unavailable)
        /// The job failed because of an error of the service. The same query can succeed as another job.
        public static let jobFailedTemporarily = Code(.jobFailedTemporarily)
        /// A job with this ID exists already.
        public static let duplicateJob = Code(.duplicateJob)
        /// The job with this ID runs another query.
        public static let foreignJob = Code(.foreignJob)
        /// The result has been deleted. BigQuery keeps it for about 24 hours.
        public static let resultExpired = Code(.resultExpired)
        /// The response is not from BigQuery.
        public static let unexpectedAnswer = Code(.unexpectedAnswer)
        /// The response contradicts the request or earlier responses, or lacks a required member.
        public static let inconsistentResponse = Code(.inconsistentResponse)
        /// The service requests a wait that exceeds the retry budget.
        public static let waitTooLong = Code(.waitTooLong)

        /// The identifier of the code, for example `queryFailed`.
        public var description: String { value.rawValue }

        /// Every code.
        package static var all: [Code] { Value.allCases.map(Code.init) }

        /// Whether the same request can succeed later.
        public var isTransient: Bool {
            switch value {
            case .unavailable, .rateLimited, .inconsistentResponse: true
            default: false
            }
        }
    }

    /// What more is known than the code.
    package enum Detail: Sendable, Hashable {
        /// The kinds of names.
        package enum Name: Sendable, Hashable {
            case project, dataset, table
        }

        case invalidName(Name)
        case invalidParameter
        /// A type of a parameter that does not exist, and the most similar name that does.
        case unknownParameterType(similarName: String?)
        /// A column that does not exist, and the most similar name that does.
        case unknownColumn(similarName: String?)
        /// The rows can be read by this query, or exported by it to this URI.
        case readableByQuery(sql: String, exportURI: String?)
        /// The query must not run again without the user's approval.
        case rerunNeedsApproval
        /// The error is one of an export job.
        case exportJob
        /// The query returns rows, but not as part of an EXPORT DATA statement.
        case notExportable
        /// The legacy dialect has no EXPORT DATA statement.
        case legacyExport
        /// The URI of an export does not have the form `gs://bucket/prefix-*.format`, with one `*` if required.
        case invalidExportURI(ExportFormat)
        /// The name of the exported files does not identify their format.
        case unknownExportFormat
        /// The extension of the exported files belongs to another format than this one.
        case exportFormatMismatch(ExportFormat)
        /// The extension of the exported files belongs to another compression.
        case exportCompressionMismatch
        /// A column that the format of the exported files cannot represent.
        case notExportableColumn
    }

    /// The kind of error.
    public package(set) var code: Code
    /// What failed, in one line.
    public var message: String
    package var detail: Detail?
    /// The error underneath.
    public package(set) var cause: (any Error)?
    /// BigQuery's reason, for example `invalidQuery`, if the response has one.
    public package(set) var reason: String?
    /// The HTTP status, if the error is a response.
    public package(set) var status: Int?
    /// The wait that the service requested.
    public package(set) var retryAfter: Duration?

    package init(code: Code, message: String, detail: Detail? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.cause = cause
    }

    /// Whether the same request can succeed later.
    public var isTransient: Bool { code.isTransient }
}
