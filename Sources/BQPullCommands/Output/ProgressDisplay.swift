import BigQueryPull
import Foundation
import Synchronization

/// Shows on standard error how far a pull, a benchmark or an export is: one live line on a terminal, else a line every few seconds.
final class ProgressDisplay: Sendable {
    private enum News {
        case pull(PullProgress), benchmark(BenchmarkProgress), export(ExportProgress)
    }

    /// What came last, and when.
    private let latest = Mutex<(news: News, at: ContinuousClock.Instant)?>(nil)
    private let isPaused = Mutex(false)
    private let isLive: Bool
    private let interval: Duration

    init(isLive: Bool = StandardError.isTerminal && Diagnostics.format == .text) {
        self.isLive = isLive
        interval = isLive ? .milliseconds(100) : .seconds(5)
    }

    /// Takes news; cheap, since nothing is written here.
    func update(_ progress: PullProgress) {
        latest.withLock { $0 = (.pull(progress), .now) }
    }

    /// Takes news of a benchmark.
    func update(_ progress: BenchmarkProgress) {
        latest.withLock { $0 = (.benchmark(progress), .now) }
    }

    /// Takes news of an export.
    func update(_ progress: ExportProgress) {
        latest.withLock { $0 = (.export(progress), .now) }
    }

    /// Shows nothing while `body` runs, which has the terminal for itself.
    func paused<Result>(while body: () async throws -> Result) async rethrows -> Result {
        isPaused.withLock { $0 = true }
        clear()
        defer { isPaused.withLock { $0 = false } }
        return try await body()
    }

    /// Shows nothing more.
    func stop() {
        isPaused.withLock { $0 = true }
        clear()
    }

    /// Shows the news at intervals while `body` runs, and clears the line at the end.
    func showing<Result: Sendable>(while body: @Sendable @escaping () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                // Its own end is none of the body, which may finish although the task is cancelled.
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
            guard !isPaused, let (news, time) = latest.withLock({ $0 }) else { return }
            // Time goes on where nothing comes.
            let (line, record) = Self.text(news, later: time.duration(to: .now))
            if isLive {
                StandardError.writeLive(line)
            } else {
                Diagnostics.progress(line, record)
            }
        }
    }

    private static func text(_ news: News, later time: Duration) -> (line: String, record: ProgressRecord?) {
        switch news {
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
