import BigQueryPull
import Foundation
import Synchronization

/// Shows the progress of a pull, a benchmark or an export on standard error: a live line on a terminal, else a line every
/// five seconds.
final class ProgressDisplay: Sendable {
    private enum Progress {
        case pull(PullProgress)
        case benchmark(BenchmarkProgress)
        case export(ExportProgress)
    }

    private let latest = Mutex<(progress: Progress, at: ContinuousClock.Instant)?>(nil)
    private let isPaused = Mutex(false)
    private let isLive: Bool
    private let interval: Duration

    init(isLive: Bool = StandardError.isTerminal && Diagnostics.format == .text) {
        self.isLive = isLive
        interval = isLive ? .milliseconds(100) : .seconds(5)
    }

    /// Records progress, without writing.
    func update(_ progress: PullProgress) {
        latest.withLock { $0 = (.pull(progress), .now) }
    }

    func update(_ progress: BenchmarkProgress) {
        latest.withLock { $0 = (.benchmark(progress), .now) }
    }

    func update(_ progress: ExportProgress) {
        latest.withLock { $0 = (.export(progress), .now) }
    }

    /// Clears and pauses the display while `body` uses the terminal.
    func paused<Result>(while body: () async throws -> Result) async rethrows -> Result {
        isPaused.withLock { $0 = true }
        clear()
        defer { isPaused.withLock { $0 = false } }
        return try await body()
    }

    /// Clears and ends the display.
    func stop() {
        isPaused.withLock { $0 = true }
        clear()
    }

    /// Shows progress periodically while `body` runs, and clears the line at the end.
    func showing<Result: Sendable>(while body: @Sendable @escaping () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                // Returns `nil` on cancellation, since `body` can still finish with a result.
                while (try? await Task.sleep(for: self.interval)) != nil { self.show() }
                return nil
            }
            defer {
                group.cancelAll()
                clear()
            }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func clear() {
        StandardError.writeLive("")
    }

    private func show() {
        isPaused.withLock { isPaused in
            guard !isPaused, let (progress, time) = latest.withLock({ $0 }) else { return }
            // The elapsed time advances without updates.
            let (line, record) = Self.text(progress, later: time.duration(to: .now))
            if isLive {
                StandardError.writeLive(line)
            } else {
                Diagnostics.progress(line, record)
            }
        }
    }

    private static func text(_ progress: Progress, later time: Duration) -> (line: String, record: ProgressRecord?) {
        switch progress {
        case .pull(let progress):
            let progress = progress.later(by: time)
            return (ProgressText.line(progress), ProgressRecord(progress))
        case .benchmark(var progress):
            progress.pull = progress.pull.later(by: time)
            return (ProgressText.line(progress), ProgressRecord(progress.pull))
        case .export(var progress):
            progress.elapsed += time
            return (ProgressText.line(progress), nil)
        }
    }
}

extension PullProgress {
    fileprivate func later(by time: Duration) -> PullProgress {
        var progress = self
        progress.elapsed += time
        if transferElapsed > .zero { progress.transferElapsed += time }
        return progress
    }
}
