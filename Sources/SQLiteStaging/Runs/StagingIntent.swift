public import BigQueryRows
public import Foundation

/// What a run is about to do, written to the database before its job is sent.
///
/// None of it may contain a secret.
public struct StagingIntent: Sendable {
    /// Names the run; a UUID in text form, never used twice.
    public var runID: String
    /// What makes another run the same command, in a form that only has to be the same for the same.
    ///
    /// Table, mode and key of the target count as well, and need not be in it.
    public var command: String
    /// The column above whose highest value the next run of the command begins; `nil` if every run is whole.
    public var incrementalColumn: String?
    /// The project that the job runs in.
    public var project: String
    /// The location of the job; `nil` if it is not known yet.
    public var location: String?
    /// The id under which the job will be, or was, inserted; `nil` if a table is read without one.
    public var jobID: String?
    /// The query as the user gave it, or the name of the table that is read.
    public var sql: String
    /// The whole configuration of the job, as JSON.
    public var configuration: String
    /// The kind of statement as the dry run told it, for example `SELECT`.
    public var statementType: String?
    /// The bytes that the dry run expects the job to process.
    public var estimatedBytes: Int64?
    /// The columns as the dry run told them; `nil` if it did not.
    ///
    /// With them, a target that they cannot go to is refused before the job is sent.
    public var schema: TableSchema?
    /// The version of the program, for example `bqpull 1.0.0`.
    public var toolVersion: String
    /// When the run began.
    public var startedAt: Date

    /// Makes an intent.
    public init(
        runID: String, command: String, incrementalColumn: String? = nil, project: String, location: String? = nil,
        jobID: String?, sql: String, configuration: String, statementType: String? = nil, estimatedBytes: Int64? = nil,
        schema: TableSchema? = nil, toolVersion: String, startedAt: Date
    ) {
        self.runID = runID
        self.command = command
        self.incrementalColumn = incrementalColumn
        self.project = project
        self.location = location
        self.jobID = jobID
        self.sql = sql
        self.configuration = configuration
        self.statementType = statementType
        self.estimatedBytes = estimatedBytes
        self.schema = schema
        self.toolVersion = toolVersion
        self.startedAt = startedAt
    }
}
