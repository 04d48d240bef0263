import Foundation
import Synchronization

/// The reader of standard output closed its end. Not a failure: no reader needs the rest.
struct BrokenPipe: Error {}

/// Writes bytes to standard output as they arrive.
///
/// Blocks a separate thread while the reader is slow; stops when the task is cancelled.
final class StandardOutputWriter: Sendable {
    private let onFirstBytes: @Sendable () -> Void
    private let hasBegun = Atomic(false)
    private let queue = DispatchQueue(label: "bqpull.output")

    /// - Parameter onFirstBytes: Called before the first write.
    init(onFirstBytes: @escaping @Sendable () -> Void) {
        self.onFirstBytes = onFirstBytes
    }

    func write(_ bytes: [UInt8]) async throws {
        if !hasBegun.exchange(true, ordering: .relaxed) { onFirstBytes() }
        let isCancelled = Flag()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(with: Result { try BufferedOutput.write(bytes) { isCancelled.isSet } })
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }
}

/// A flag that one thread sets and another reads.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
