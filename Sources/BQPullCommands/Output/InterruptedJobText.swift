import BigQuery
import BigQueryPull

/// What is said of a job that was running when the command was interrupted.
enum InterruptedJobText {
    /// Says it on standard error.
    @Sendable static func show(_ interrupted: InterruptedJob) {
        interrupted.isCancelled ? Diagnostics.info(text(interrupted)) : Diagnostics.warning(text(interrupted))
    }

    static func text(_ interrupted: InterruptedJob) -> String {
        let job = interrupted.reference
        let name = "\(job.projectID):\(job.location.map { "\($0)." } ?? "")\(job.jobID)"
        guard !interrupted.isCancelled else { return "BigQuery was told to cancel the job \(name)" }
        let location = job.location.map { " --location=\($0)" } ?? ""
        return """
            the job \(name) could not be cancelled, and may go on and cost; cancel it with
              bq --project_id=\(job.projectID)\(location) cancel \(job.jobID)
            """
    }
}
