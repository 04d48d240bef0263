import GoogleHTTP

extension BigQueryError.Code {
    /// What a reason means, wherever it stands; reasons that are not listed are judged by the status.
    ///
    /// Source: BigQuery's error table, and what the service was seen to answer beyond it (the reasons that
    /// begin with `job`, and those that come with a status that does not fit).
    private static let byReason: [String: BigQueryError.Code] = [
        "backendError": .unavailable, "internalError": .unavailable, "badGateway": .unavailable,
        "tableUnavailable": .unavailable,
        "rateLimitExceeded": .rateLimited,
        "jobBackendError": .jobFailedTemporarily, "jobInternalError": .jobFailedTemporarily,
        "jobRateLimitExceeded": .jobFailedTemporarily,
        "quotaExceeded": .quotaExceeded,
        "authError": .unauthenticated, "required": .unauthenticated,
        "accessDenied": .accessDenied, "billingNotEnabled": .accessDenied, "blocked": .accessDenied,
        "accessNotConfigured": .accessDenied, "insufficientPermissions": .accessDenied,
        "notFound": .notFound,
        "duplicate": .duplicateJob,
        "invalidQuery": .queryFailed, "invalid": .queryFailed, "badRequest": .queryFailed,
        "resourcesExceeded": .queryFailed, "responseTooLarge": .queryFailed,
        "billingTierLimitExceeded": .queryFailed, "bytesBilledLimitExceeded": .queryFailed,
        "timeout": .queryFailed, "stopped": .queryFailed,
    ]

    /// The code of an answer: its reason decides, else its status.
    ///
    /// `required` also names a missing parameter, so it means a missing token only with status 401.
    init(reason: String?, status: Int) {
        if let reason, let code = Self.byReason[reason], reason != "required" || status == 401 {
            self = code
            return
        }
        switch status {
        case 401: self = .unauthenticated
        case 403: self = .accessDenied
        case 404: self = .notFound
        case 409: self = .duplicateJob
        case 429: self = .rateLimited
        case 408, 500, 502, 503, 504: self = .unavailable
        case 400..<500: self = .queryFailed
        default: self = .unexpectedAnswer
        }
    }
}

extension BigQueryError {
    /// The error of an answer or a job, with the hint that its code and reason call for.
    init(reason: String?, status: Int, message: String) {
        let code = Code(reason: reason, status: status)
        self.init(code: code, message: message, hint: Self.hint(code, reason: reason))
        self.reason = reason
        self.status = status
    }

    private static func hint(_ code: Code, reason: String?) -> String? {
        switch reason {
        case "bytesBilledLimitExceeded": return "raise --max-bytes-billed, or read fewer columns or partitions"
        case "billingNotEnabled": return "turn on billing for the project in the Google Cloud console"
        case "accessNotConfigured": return "enable the BigQuery API for the project in the Google Cloud console"
        case "stopped": return "somebody cancelled the job; run the same command again"
        default: break
        }
        switch code {
        case .notFound: return "check project, dataset and table, and the --location that they are in"
        case .accessDenied:
            return "the account needs the roles BigQuery Job User on the project and BigQuery Data Viewer on the data"
        case .unauthenticated: return "check that the refresh token was granted the BigQuery scope, or get a new one"
        case .quotaExceeded: return "wait for the quota to refill, then run the same command again"
        case .rateLimited, .unavailable, .jobFailedTemporarily: return "run the same command again later"
        default: return nil
        }
    }
}
