/// An error of the BigQuery API.
struct ServiceError: Error, Sendable, Equatable {
    /// An API reason with its HTTP status.
    struct Reason: Sendable, Equatable {
        let name: String
        let httpStatus: Int
        let status: String

        private init(_ name: String, _ httpStatus: Int, _ status: String) {
            self.name = name
            self.httpStatus = httpStatus
            self.status = status
        }

        static let invalid = Reason("invalid", 400, "INVALID_ARGUMENT")
        static let invalidQuery = Reason("invalidQuery", 400, "INVALID_ARGUMENT")
        static let invalidParameter = Reason("invalidParameter", 400, "INVALID_ARGUMENT")
        static let parseError = Reason("parseError", 400, "INVALID_ARGUMENT")
        static let required = Reason("required", 401, "UNAUTHENTICATED")
        /// A missing parameter, which has the same reason as missing credentials.
        static let missing = Reason("required", 400, "INVALID_ARGUMENT")
        static let authError = Reason("authError", 401, "UNAUTHENTICATED")
        static let accessDenied = Reason("accessDenied", 403, "PERMISSION_DENIED")
        static let accessNotConfigured = Reason("accessNotConfigured", 403, "PERMISSION_DENIED")
        static let billingNotEnabled = Reason("billingNotEnabled", 403, "PERMISSION_DENIED")
        static let insufficientPermissions = Reason("insufficientPermissions", 403, "PERMISSION_DENIED")
        static let notFound = Reason("notFound", 404, "NOT_FOUND")
        static let duplicate = Reason("duplicate", 409, "ALREADY_EXISTS")
        static let stopped = Reason("stopped", 499, "CANCELLED")
        static let bytesBilledLimitExceeded = Reason("bytesBilledLimitExceeded", 400, "INVALID_ARGUMENT")
        static let notImplemented = Reason("notImplemented", 501, "UNIMPLEMENTED")
        static let internalError = Reason("internalError", 500, "INTERNAL")
    }

    /// Google's `ErrorInfo`.
    struct Info: Sendable, Equatable {
        var reason: String
        var metadata: JSONObject
    }

    var reason: Reason
    var message: String
    /// The message in the list of errors, if it differs.
    var shortMessage: String?
    /// The parameter or header that caused the error, if known.
    var location: String?
    var locationType: String?
    var info: Info?

    init(_ reason: Reason, _ message: String, location: String? = nil, locationType: String? = nil) {
        self.reason = reason
        self.message = message
        self.location = location
        self.locationType = locationType
    }

    /// A query that does not compile, or that failed while running.
    static func invalidQuery(_ message: String) -> ServiceError {
        ServiceError(.invalidQuery, message, location: "q", locationType: "parameter")
    }

    static func notFound(_ what: String) -> ServiceError {
        ServiceError(.notFound, "Not found: \(what)")
    }

    /// The body of the HTTP response.
    var body: JSONObject {
        var detail: JSONObject = [
            "message": .string(shortMessage ?? message), "domain": "global", "reason": .string(reason.name),
        ]
        if let location { detail["location"] = .string(location) }
        if let locationType { detail["locationType"] = .string(locationType) }
        var error: JSONObject = [
            "code": .number(String(reason.httpStatus)), "message": .string(message),
            "errors": [.object(detail)], "status": .string(reason.status),
        ]
        if let info { error["details"] = [info.json] }
        return ["error": .object(error)]
    }

    /// The form in the status of a failed job.
    var errorProto: JSON {
        var proto: JSONObject = ["reason": .string(reason.name), "message": .string(message)]
        if location == "q" { proto["location"] = "query" }
        return .object(proto)
    }
}

extension ServiceError.Info {
    fileprivate var json: JSON {
        [
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": .string(reason),
            "domain": "googleapis.com", "metadata": .object(metadata),
        ]
    }
}

extension ServiceError {
    /// The user cannot run jobs in the project, or it does not exist.
    static func noPermission(project: String) -> ServiceError {
        let permission = "User does not have bigquery.jobs.create permission in project \(project)."
        return ServiceError(.accessDenied, "Access Denied: Project \(project): \(permission)")
    }

    static let billingDisabled = ServiceError(
        .billingNotEnabled,
        "Billing has not been enabled for this project. Enable billing at https://console.cloud.google.com/billing.")

    static var apiDisabled: ServiceError {
        let number = Catalog.projectNumber
        let page = "https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview?project=\(number)"
        var error = ServiceError(
            .accessNotConfigured,
            "BigQuery API has not been used in project \(number) before or it is disabled. Enable it by visiting "
                + "\(page) then retry. If you enabled this API recently, wait a few minutes for the action to "
                + "propagate to our systems and retry.")
        error.info = Info(
            reason: "SERVICE_DISABLED",
            metadata: ["consumer": .string("projects/\(number)"), "service": "bigquery.googleapis.com"])
        return error
    }

    /// The access token lacks the required scopes.
    static var insufficientScopes: ServiceError {
        var error = ServiceError(.insufficientPermissions, "Request had insufficient authentication scopes.")
        error.shortMessage = "Insufficient Permission"
        error.info = Info(
            reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", metadata: ["service": "bigquery.googleapis.com"])
        return error
    }
}
