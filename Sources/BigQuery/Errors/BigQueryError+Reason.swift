extension BigQueryError.Code {
    /// The codes of the reasons, whatever the status.
    ///
    /// Source: BigQuery's error table, and observed responses (the reasons that begin with `job`, and those with an
    /// unexpected status).
    private static let byReason: [String: BigQueryError.Code] = [
        "backendError": .unavailable, "internalError": .unavailable, "badGateway": .unavailable,
        "tableUnavailable": .unavailable,
        "rateLimitExceeded": .rateLimited,
        "jobBackendError": .jobFailedTemporarily, "jobInternalError": .jobFailedTemporarily,
        "jobRateLimitExceeded": .jobFailedTemporarily,
        "quotaExceeded": .quotaExceeded,
        "authError": .unauthenticated, "required": .unauthenticated,
        "accessDenied": .permissionDenied, "blocked": .permissionDenied,
        "billingNotEnabled": .billingDisabled, "accountDisabled": .billingDisabled,
        "accessNotConfigured": .apiDisabled, "SERVICE_DISABLED": .apiDisabled,
        "insufficientPermissions": .missingScope, "ACCESS_TOKEN_SCOPE_INSUFFICIENT": .missingScope,
        "notFound": .notFound,
        "duplicate": .duplicateJob,
        "invalidQuery": .queryFailed, "invalid": .queryFailed, "badRequest": .queryFailed,
        "resourcesExceeded": .queryFailed, "responseTooLarge": .queryFailed,
        "billingTierLimitExceeded": .queryFailed, "bytesBilledLimitExceeded": .queryFailed,
        "timeout": .queryFailed, "stopped": .queryFailed,
    ]

    /// The code of a response, by its reason or else by its status.
    ///
    /// `required` is also the reason for a missing parameter, and means a missing token only with status 401.
    init(reason: String?, status: Int) {
        if let reason, let code = Self.byReason[reason], reason != "required" || status == 401 {
            self = code
            return
        }
        switch status {
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404: self = .notFound
        case 409: self = .duplicateJob
        case 429: self = .rateLimited
        case 408, 500, 502, 503, 504: self = .unavailable
        case 400..<500: self = .queryFailed
        default: self = .unexpectedAnswer
        }
    }
}

extension BigQueryError.Code {
    /// Codes by a part of the message, in lower case, for reasons that several errors share. Google's front end reports
    /// other reasons than BigQuery itself.
    private static let byMessage: [(text: String, code: BigQueryError.Code)] = [
        ("insufficient authentication scopes", .missingScope),
        ("has not enabled bigquery", .apiDisabled),
        ("billing account", .billingDisabled), ("billing disabled", .billingDisabled),
        ("not configured billing", .billingDisabled),
        ("not found: project ", .projectNotFound),
        ("cannot list a table of type", .notATable),
    ]

    /// The more specific code that the message identifies, if there is one.
    fileprivate func refined(by message: String) -> Self {
        guard [.permissionDenied, .notFound, .queryFailed].contains(self) else { return self }
        let message = message.lowercased()
        return Self.byMessage.first { message.contains($0.text) }?.code ?? self
    }
}

extension BigQueryError {
    /// The error of a response or a job.
    init(reason: String?, status: Int, message: String) {
        self.init(code: Code(reason: reason, status: status).refined(by: message), message: message)
        self.reason = reason
        self.status = status
    }
}
