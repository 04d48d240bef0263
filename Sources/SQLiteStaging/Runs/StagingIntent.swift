public import BigQueryRows
public import Foundation

/// The command, job and schema of a run, recorded in the database before the job is inserted. Without secrets.
public struct StagingIntent: Sendable {
    /// The ID of the run: a UUID in text form, never used twice.
    public package(set) var runID: String
    /// Identifies the command: runs with equal texts into the same target belong to one command.
    ///
    /// The table, the mode and the key of the target are compared as well, and need not be included.
    package var command: String
    /// The incremental column; `nil` if every run pulls all rows.
    public package(set) var incrementalColumn: String?
    /// The load that the run belongs to; `nil` for a plain pull, and for runs of versions without loads.
    package var load: LoadIntent?
    /// The project that the job runs in.
    public package(set) var project: String
    /// The location of the job; `nil` if it is unknown.
    public package(set) var location: String?
    /// The ID of the job, before and after its insertion; `nil` if a table is read without a job.
    public package(set) var jobID: String?
    /// The query as written by the user, or the name of the table.
    public package(set) var sql: String
    /// The complete configuration of the job, as JSON.
    package var configuration: String
    /// The statement type from the dry run, for example `SELECT`.
    package var statementType: String?
    /// The bytes that the dry run expects the job to process.
    package var estimatedBytes: Int64?
    /// The columns from the dry run; `nil` if unknown.
    ///
    /// With a schema, an incompatible target is rejected before the job is inserted.
    public package(set) var schema: TableSchema?
    /// The version of the program, for example `my-loader 1.0`.
    public package(set) var toolVersion: String
    /// The start of the run.
    public package(set) var startedAt: Date

    package init(
        runID: String, command: String, incrementalColumn: String? = nil, load: LoadIntent? = nil,
        project: String, location: String? = nil,
        jobID: String?, sql: String, configuration: String, statementType: String? = nil,
        estimatedBytes: Int64? = nil, schema: TableSchema? = nil, toolVersion: String, startedAt: Date
    ) {
        self.runID = runID
        self.command = command
        self.incrementalColumn = incrementalColumn
        self.load = load
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
