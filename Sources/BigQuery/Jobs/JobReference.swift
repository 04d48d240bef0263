import Foundation

/// The name of a job.
public struct JobReference: Sendable, Hashable, Codable {
    /// The project that runs it.
    public var projectId: String
    /// The id, unique within project and location.
    public var jobId: String
    /// Where it runs. Must go with every request about a job outside US and EU.
    public var location: String?

    /// Names a job.
    public init(projectId: String, jobId: String, location: String? = nil) {
        self.projectId = projectId
        self.jobId = jobId
        self.location = location
    }

    /// A new id that no other job has.
    public static func newID() -> String {
        "bqpull_" + UUID().uuidString.lowercased()
    }
}
