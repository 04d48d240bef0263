import BigQueryRows
import Foundation

@testable import SQLiteStaging

/// A row of `_bqpull_runs` with fuzzed columns: read as a run with bounded numbers and texts without NUL, or rejected with
/// a one-line error.
@Sendable func fuzzRecord(_ input: inout FuzzInput) {
    var values = validRecord
    let columns = values.keys.sorted()
    for _ in 0...(input.nextByte() % 4) {
        let column = input.choose(columns)
        values[column] = nextValue(&input)
    }
    do {
        let run = try RecordedRun(ControlRow(table: "_bqpull_runs", path: "staging.db", values: values))
        let counts = [
            run.rows, run.dataWritten, run.statistics.totalRows ?? 0, run.statistics.pages, run.statistics.wireBytes,
            run.statistics.inflatedBytes, run.statistics.bytesProcessed ?? 0, run.statistics.bytesBilled ?? 0,
            run.intent.estimatedBytes ?? 0, run.tableRows ?? 0,
        ]
        require(counts.allSatisfy { $0 >= 0 && $0 <= Int64.max / 4 }, "\(counts)")
        let texts = [run.intent.runID, run.intent.sql, run.intent.project, run.target.table, run.error ?? ""]
        require(texts.allSatisfy { !$0.utf8.contains(0) }, "\(texts)")
        require(ControlRow.text(of: run.intent.startedAt).utf8.count == 24, "\(run.intent.startedAt)")
    } catch let error as StagingError {
        require(error.code == .databaseUnusable, "\(error)")
        requireLine(error.message, atMost: 200)
    } catch {
        fatalError("\(error)")
    }
}

private func nextValue(_ input: inout FuzzInput) -> ControlRow.Value {
    switch input.nextByte() % 5 {
    case 0: return .null
    case 1: return .integer((0..<8).reduce(0) { number, _ in number << 8 | Int64(input.nextByte()) })
    case 2: return .real(Double(input.nextByte()) / 7)
    case 3:
        return .blob([input.nextByte()])
    default:
        let length = Int(input.nextByte())
        return .text((0..<length).map { _ in input.nextByte() })
    }
}

private let validRecord: [String: ControlRow.Value] = {
    let texts = [
        "run_id": "r", "command": "c", "project": "p", "location": "EU", "job_id": "j", "sql": "SELECT 1",
        "configuration": "{}", "statement_type": "SELECT", "tool_version": "bqpull", "target": "results",
        "if_exists": "append", "key_columns": "[\"n\"]", "index_columns": "[[\"n\"]]", "incremental_column": "n",
        "state": "published", "page_token": "t", "error": "e", "started_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z", "finished_at": "2026-01-01T00:00:00.000Z",
        "schema": #"{"fields":[{"name":"n","type":"INT64"}]}"#,
    ]
    let numbers = [
        "adds_columns", "rows", "data_written", "total_rows", "pages", "wire_bytes", "inflated_bytes",
        "bytes_processed",
        "bytes_billed", "cache_hit", "has_table", "acknowledged", "table_rows", "estimated_bytes",
    ]
    return texts.mapValues { .text(Array($0.utf8)) }.merging(numbers.map { ($0, .integer(1)) }) { text, _ in text }
}()
