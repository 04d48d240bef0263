import BigQueryRows
import Foundation
import Synchronization

/// The reader of standard output went away: nobody needs the rest, and nothing failed.
struct ReaderGone: Error {}

/// Writes rows to standard output as they come.
///
/// Writing waits on a thread of its own until the reader takes more, and ends when the task is cancelled.
final class StandardOutputRows: RowSink {
    private let encoder: Mutex<any RowEncoder>
    private let onFirstRows: @Sendable () -> Void
    private let hasBegun = Atomic(false)
    private let queue = DispatchQueue(label: "bqpull.output")

    /// - Parameter onFirstRows: called before anything is written.
    init(_ encoder: any RowEncoder, onFirstRows: @escaping @Sendable () -> Void) {
        self.encoder = Mutex(encoder)
        self.onFirstRows = onFirstRows
    }

    /// What the user should know of what was left out.
    var omission: String? { encoder.withLock { $0.omission } }

    func begin(_ schema: TableSchema) async throws {
        try await write(encoder.withLock { $0.begin(schema) })
    }

    func append(_ page: RowPage) async throws {
        try await write(encoder.withLock { try $0.encode(page) })
    }

    func finish() async throws {
        try await write(encoder.withLock { $0.finish() })
    }

    private func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        if !hasBegun.exchange(true, ordering: .relaxed) { onFirstRows() }
        let isCancelled = Flag()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(with: Result { try PatientOutput.write(bytes) { isCancelled.isSet } })
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }
}

/// Says from one thread to another that something has happened.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
