
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
    /// What a message says where the reason does not: the same reason stands for many things, and Google's front
    /// end gives others than BigQuery itself. In lower case.
    private static let byMessage: [(text: String, code: BigQueryError.Code)] = [
        ("insufficient authentication scopes", .missingScope),
        ("has not enabled bigquery", .apiDisabled),
        ("billing account", .billingDisabled), ("billing disabled", .billingDisabled),
        ("not configured billing", .billingDisabled),
        ("not found: project ", .projectNotFound),
        ("cannot list a table of type", .notATable),
    ]

    /// The code that is meant by a message, where it is more exact than this one.
    fileprivate func refined(by message: String) -> Self {
        guard [.permissionDenied, .notFound, .queryFailed].contains(self) else { return self }
        let message = message.lowercased()
        return Self.byMessage.first { message.contains($0.text) }?.code ?? self
    }
}

extension BigQueryError {
    /// The error of an answer or a job, with the hint that its code and reason call for.
    init(reason: String?, status: Int, message: String) {
        let code = Code(reason: reason, status: status).refined(by: message)
        self.init(code: code, message: message, hint: Self.hint(code, reason: reason))
        self.reason = reason
        self.status = status
    }

    private static func hint(_ code: Code, reason: String?) -> String? {
        switch reason {
        case "bytesBilledLimitExceeded": return "raise --max-bytes-billed, or read fewer columns or partitions"
        case "stopped": return "somebody cancelled the job; run the same command again"
        default: break
        }
        switch code {
        case .notATable: return "read it with a query: bqpull query 'SELECT * FROM DATASET.VIEW' --into FILE"
        case .notFound: return "check project, dataset and table, and the --location that they are in"
        case .projectNotFound:
            return
                "give the project's id with --project, as https://console.cloud.google.com/cloud-resource-manager shows it (not its name)"
        case .missingScope: return "bqpull auth login asks for the BigQuery scope; leave its box ticked"
        case .apiDisabled:
            return
                "enable it at https://console.cloud.google.com/apis/library/bigquery.googleapis.com for the project that the message names; it takes a few minutes"
        case .billingDisabled: return "link a billing account at https://console.cloud.google.com/billing/projects"
        case .permissionDenied:
            return "the account needs the roles BigQuery Job User on the project and BigQuery Data Viewer on the data"
        case .unauthenticated: return "check that the refresh token was granted the BigQuery scope, or get a new one"
        case .quotaExceeded: return "wait for the quota to refill, then run the same command again"
        case .rateLimited, .unavailable, .jobFailedTemporarily: return "run the same command again later"
        case .unexpectedAnswer: return unexpectedAnswerHint
        case .queryFailed: return "correct the statement or what it reads; nothing was staged"
        default: return nil
        }
    }
}
