import Foundation

/// The name of a job.
public struct JobReference: Sendable, Hashable, Codable {
    /// The project billed for the job.
    public let projectID: String
    /// The ID, unique within project and location.
    public let jobID: String
    /// The location. Requests about a job outside US and EU must have it.
    public package(set) var location: String?

    private enum CodingKeys: String, CodingKey {
        case location
        case projectID = "projectId"
        case jobID = "jobId"
    }

    /// Creates a reference.
    package init(projectID: String, jobID: String, location: String? = nil) {
        self.projectID = projectID
        self.jobID = jobID
        self.location = location
    }

    /// Creates a unique ID.
    package static func newID() -> String {
        "bqpull_" + UUID().uuidString.lowercased()
    }
}
