extension ServiceError {
    /// The user may not run jobs in a project, which may not even exist.
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

    /// The access token is good, but for something else.
    static var insufficientScopes: ServiceError {
        var error = ServiceError(.insufficientPermissions, "Request had insufficient authentication scopes.")
        error.shortMessage = "Insufficient Permission"
        error.info = Info(
            reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT", metadata: ["service": "bigquery.googleapis.com"])
        return error
    }
}
