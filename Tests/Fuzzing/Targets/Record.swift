import BigQueryRows
import Foundation

@testable import SQLiteStaging

/// A row of `_bqpull_runs` or `_bqpull_loads` with fuzzed columns: read as a run or a load with bounded numbers, valid
/// bounds and texts without NUL, or rejected with a one-line error.
@Sendable func fuzzRecord(_ input: inout FuzzInput) {
    let isLoad = input.nextByte() % 2 == 1
    var values = isLoad ? validLoad : validRun
    let columns = values.keys.sorted()
    for _ in 0...(input.nextByte() % 4) {
        let column = input.choose(columns)
        values[column] = nextValue(&input)
    }
    do {
        if isLoad {
            check(try LoadRecord(ControlRow(table: "_bqpull_loads", path: "staging.db", values: values)))
        } else {
            let row = ControlRow(table: "_bqpull_runs", path: "staging.db", values: values)
            check(try RecordedRun(row))
            let rowIDs = try row.optionalRowIDs("first_row_id", "last_row_id")
            require(rowIDs.map { $0.lowerBound <= $0.upperBound } ?? true, "\(values)")
        }
    } catch let error as StagingError {
        require(error.code == .databaseUnusable, "\(error)")
        requireLine(error.message, atMost: 200)
    } catch {
        fatalError("\(error)")
    }
}

private func check(_ run: RecordedRun) {
    let published = run.published ?? PublishedRows()
    let counts = [
        run.rows, run.dataWritten, run.statistics.totalRows ?? 0, run.statistics.pages, run.statistics.wireBytes,
        run.statistics.inflatedBytes, run.statistics.bytesProcessed ?? 0, run.statistics.bytesBilled ?? 0,
        run.intent.estimatedBytes ?? 0, run.tableRows ?? 0, published.inserted, published.updated,
        published.unchanged, published.deleted, published.outdated, published.total,
    ]
    require(counts.allSatisfy { $0 >= 0 && $0 <= Int64.max / 4 }, "\(counts)")
    let texts = [
        run.intent.runID, run.intent.sql, run.intent.project, run.target.table, run.error ?? "",
        run.intent.load?.name ?? "", run.target.loadColumn ?? "", run.highestValue ?? "",
    ]
    require(texts.allSatisfy { !$0.utf8.contains(0) }, "\(texts)")
    require(ControlRow.text(of: run.intent.startedAt).utf8.count == 24, "\(run.intent.startedAt)")
    guard let range = run.intent.load?.range else { return }
    require(IncrementalValue.types.contains(range.type), "\(range.type)")
    for bound in [range.lowerBound, range.upperBound].compactMap(\.self) {
        require(bound.type == range.type, "\(bound)")
        require(IncrementalValue(bound.text, type: range.type) == bound, "\(bound)")
    }
}

private func check(_ load: LoadRecord) {
    let texts = [load.name, load.table, load.sql, load.parameters, load.project, load.highWaterMark ?? ""]
    require(texts.allSatisfy { !$0.utf8.contains(0) }, "\(texts)")
    require((load.highWaterMark == nil) == (load.mark == nil), "\(load.highWaterMark ?? "")")
    require(load.type == nil || load.incrementalColumn != nil, "\(load.name)")
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

private let validRun: [String: ControlRow.Value] = values(
    texts: [
        "run_id": "r", "command": "c", "project": "p", "location": "EU", "job_id": "j", "sql": "SELECT 1",
        "configuration": "{}", "statement_type": "SELECT", "tool_version": "bqpull", "target": "results",
        "if_exists": "append", "key_columns": "[\"n\"]", "index_columns": "[[\"n\"]]", "incremental_column": "n",
        "state": "published", "page_token": "t", "error": "e", "started_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z", "finished_at": "2026-01-01T00:00:00.000Z",
        "schema": #"{"fields":[{"name":"n","type":"INT64"}]}"#, "load": "orders", "parameters": "[]",
        "incremental_type": "DATE", "since": "2026-01-01", "until": "2026-02-01", "watermark": "2026-01-31",
        "load_column": "load", "loaded_at_column": "loaded_at", "latest_column": "n",
    ],
    numbers: [
        "adds_columns", "rows", "data_written", "total_rows", "pages", "wire_bytes", "inflated_bytes",
        "bytes_processed", "bytes_billed", "cache_hit", "has_table", "acknowledged", "table_rows", "estimated_bytes",
        "includes_nulls", "replaces_range", "adopts_rows", "inserted", "updated", "unchanged", "deleted", "outdated",
        "first_row_id", "last_row_id",
    ])

private let validLoad: [String: ControlRow.Value] = values(
    texts: [
        "name": "orders", "target": "results", "if_exists": "append", "load_column": "load",
        "incremental_column": "n", "incremental_type": "INT64", "project": "p", "sql": "SELECT 1", "parameters": "[]",
        "high_water_mark": "7", "run_id": "r", "columns": #"[{"name":"n"},{"above":"3","name":"s"}]"#,
        "updated_at": "2026-01-01T00:00:00.000Z",
    ],
    numbers: ["is_started"])

private func values(texts: [String: String], numbers: [String]) -> [String: ControlRow.Value] {
    texts.mapValues { .text(Array($0.utf8)) }.merging(numbers.map { ($0, .integer(1)) }) { text, _ in text }
}
