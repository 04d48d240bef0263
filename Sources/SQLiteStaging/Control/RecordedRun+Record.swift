import BigQueryRows

extension RecordedRun {
    /// Reads a row of `_bqpull_runs`, with `has_table` for whether the hidden table is there.
    ///
    /// Throws `databaseUnusable` for a value that bqpull does not write.
    init(_ record: StoredRecord) throws {
        intent = StagingIntent(
            runID: try record.text("run_id"), command: try record.text("command"),
            incrementalColumn: try record.optionalText("incremental_column"), project: try record.text("project"),
            location: try record.optionalText("location"), jobID: try record.optionalText("job_id"),
            sql: try record.text("sql"), configuration: try record.text("configuration"),
            statementType: try record.optionalText("statement_type"),
            estimatedBytes: try record.optionalCount("estimated_bytes"),
            schema: try record.optionalJSON("schema") as TableSchema?, toolVersion: try record.text("tool_version"),
            startedAt: try record.date("started_at"))
        target = StagingTarget(
            path: record.path, table: try record.text("target"), ifExists: try record.optionalName("if_exists"),
            key: try record.json("key_columns"), indexes: try record.json("index_columns"),
            addsColumns: try record.flag("adds_columns"))
        state = try record.name("state")
        process = nil
        rows = try record.count("rows")
        dataWritten = try record.count("data_written")
        statistics = StagingStatistics(
            location: intent.location, totalRows: try record.optionalCount("total_rows"),
            pageToken: try record.optionalText("page_token"), pages: try record.count("pages"),
            wireBytes: try record.count("wire_bytes"), inflatedBytes: try record.count("inflated_bytes"),
            bytesProcessed: try record.optionalCount("bytes_processed"),
            bytesBilled: try record.optionalCount("bytes_billed"), cacheHit: try record.optionalFlag("cache_hit"))
        updatedAt = try record.date("updated_at")
        finishedAt = try record.optionalDate("finished_at")
        error = try record.optionalText("error")
        hasTable = try record.flag("has_table")
        isAcknowledged = try record.flag("acknowledged")
        tableRows = try record.optionalCount("table_rows")
    }
}
