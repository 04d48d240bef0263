import Foundation

/// The name of a job.
public struct JobReference: Sendable, Hashable, Codable {
    /// The project billed for the job.
    public var projectID: String
    /// The ID, unique within project and location.
    public var jobID: String
    /// The location. Requests about a job outside US and EU must have it.
    public var location: String?

    private enum CodingKeys: String, CodingKey {
        case location
        case projectID = "projectId"
        case jobID = "jobId"
    }

    /// Creates a reference.
    public init(projectID: String, jobID: String, location: String? = nil) {
        self.projectID = projectID
        self.jobID = jobID
        self.location = location
    }

    /// Creates a unique ID.
    public static func newID() -> String {
        "bqpull_" + UUID().uuidString.lowercased()
    }
}
