import BigQuery
import SQLiteStaging

extension RecordedRun {
    private var job: JobReference? {
        intent.jobID.map {
            JobReference(projectID: intent.project, jobID: $0, location: statistics.location ?? intent.location)
        }
    }

    /// The report entry for this run, whose rows are dropped, with the billed bytes if the job can be looked up.
    func dropped(_ client: BigQueryClient) async -> DroppedRun {
        var dropped = DroppedRun(self)
        if let job, let found = try? await client.fetchJob(job) {
            dropped.bytesBilled = found.bytesBilled ?? dropped.bytesBilled
        }
        return dropped
    }

    /// Cancels the job if it is still running. A failure is not reported, since no run needs the job.
    func cancelJob(_ client: BigQueryClient) async {
        guard let job, let found = try? await client.fetchJob(job), found.state != .done else { return }
        try? await client.cancelJob(found.reference, budget: .zero)
    }
}
