import Foundation

/// The name of a job.
public struct JobReference: Sendable, Hashable, Codable {
    /// The project that runs it.
    public var projectID: String
    /// The id, unique within project and location.
    public var jobID: String
    /// Where it runs. Must go with every request about a job outside US and EU.
    public var location: String?

    private enum CodingKeys: String, CodingKey {
        case location
        case projectID = "projectId"
        case jobID = "jobId"
    }

    /// Names a job.
    public init(projectID: String, jobID: String, location: String? = nil) {
        self.projectID = projectID
        self.jobID = jobID
        self.location = location
    }

    /// A new id that no other job has.
    public static func newID() -> String {
        "bqpull_" + UUID().uuidString.lowercased()
    }
}
