public import BigQueryRows
public import Foundation

/// The command, job and schema of a run, recorded in the database before the job is inserted.
///
/// Must not contain secrets.
public struct StagingIntent: Sendable {
    /// The ID of the run: a UUID in text form, never used twice.
    public var runID: String
    /// Identifies the command: runs with equal texts into the same target belong to one command.
    ///
    /// The table, the mode and the key of the target are compared as well, and need not be included.
    public var command: String
    /// The column whose highest value is the start of the next run of the command; `nil` if every run is a full load.
    public var incrementalColumn: String?
    /// The project that the job runs in.
    public var project: String
    /// The location of the job; `nil` if it is unknown.
    public var location: String?
    /// The ID of the job, before and after its insertion; `nil` if a table is read without a job.
    public var jobID: String?
    /// The query as written by the user, or the name of the table.
    public var sql: String
    /// The complete configuration of the job, as JSON.
    public var configuration: String
    /// The statement type from the dry run, for example `SELECT`.
    public var statementType: String?
    /// The bytes that the dry run expects the job to process.
    public var estimatedBytes: Int64?
    /// The columns from the dry run; `nil` if unknown.
    ///
    /// With a schema, an incompatible target is rejected before the job is inserted.
    public var schema: TableSchema?
    /// The version of the program, for example `my-loader 1.0`.
    public var toolVersion: String
    /// The start of the run.
    public var startedAt: Date

    /// Creates an intent.
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
