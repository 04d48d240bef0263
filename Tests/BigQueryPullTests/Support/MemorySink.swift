import BigQueryRows
import Synchronization

/// Keeps the first column of the rows.
final class MemorySink: RowSink {
    private let state = Mutex((values: [CellValue](), finished: false))

    var values: [CellValue] { state.withLock { $0.values } }
    var isFinished: Bool { state.withLock { $0.finished } }

    func begin(_ schema: TableSchema) {}

    func append(_ page: RowPage) {
        state.withLock { state in
            for row in 0..<page.rowCount { state.values.append(page[row, 0]) }
        }
    }

    func finish() { state.withLock { $0.finished = true } }
}
