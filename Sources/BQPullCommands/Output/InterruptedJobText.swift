import BigQuery
import BigQueryPull

/// The message about a job that was running when the command was interrupted.
enum InterruptedJobText {
    /// Writes the message to standard error.
    @Sendable static func show(_ interrupted: InterruptedJob) {
        interrupted.isCancelled ? Diagnostics.info(text(interrupted)) : Diagnostics.warning(text(interrupted))
    }

    static func text(_ interrupted: InterruptedJob) -> String {
        let job = interrupted.reference
        let name = "\(job.projectID):\(job.location.map { "\($0)." } ?? "")\(job.jobID)"
        guard !interrupted.isCancelled else { return "requested cancellation of job \(name)" }
        let location = job.location.map { " --location=\($0)" } ?? ""
        return """
            could not cancel job \(name), which can continue to incur cost; cancel it with
              bq --project_id=\(job.projectID)\(location) cancel \(job.jobID)
            """
    }
}
