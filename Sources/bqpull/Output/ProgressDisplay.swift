import BigQueryPull
import Foundation
import Synchronization

/// Shows on standard error how far a pull or a benchmark is: one live line on a terminal, else a line every few seconds.
final class ProgressDisplay: Sendable {
    private let latest = Mutex<(@Sendable () -> String)?>(nil)
    private let isLive: Bool
    private let interval: Duration

    init(isLive: Bool = StandardError.isTerminal) {
        self.isLive = isLive
        interval = isLive ? .milliseconds(100) : .seconds(5)
    }

    /// Takes news; cheap, since nothing is written here.
    func update(_ progress: PullProgress) {
        latest.withLock { $0 = { Self.line(progress) } }
    }

    /// Takes news of a benchmark.
    func update(_ progress: BenchmarkProgress) {
        latest.withLock { $0 = { Self.line(progress) } }
    }

    /// Takes news of an export.
    func update(_ progress: ExportProgress) {
        latest.withLock { $0 = { Self.line(progress) } }
    }

    /// Writes a line that stays.
    func say(_ line: String) {
        StandardError.write("\(isLive ? "\r\u{1B}[K" : "")\(line)\n")
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
                if isLive { StandardError.write("\r\u{1B}[K") }
            }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func show() {
        guard let line = latest.withLock({ $0 })?() else { return }
        StandardError.write(isLive ? "\r\u{1B}[K\(line)" : "\(line)\n")
    }

    /// One line of at most 79 characters: the run, and how far it is.
    static func line(_ progress: BenchmarkProgress) -> String {
        guard progress.run > 0 else { return line(progress.pull) }
        let pull = progress.pull
        let share = pull.totalRows.map { $0 > 0 ? " (\(pull.rows * 100 / $0) %)" : "" } ?? ""
        return "run \(progress.run) of \(progress.runs): \(Readable.rows(pull.rows))\(share)"
    }

    /// One line of at most 79 characters: what BigQuery does, and since when.
    static func line(_ progress: ExportProgress) -> String {
        let time = Readable.seconds(progress.elapsed / .seconds(1))
        return switch progress.phase {
        case .planning: "asking what there is to export …"
        case .waiting: "waiting for BigQuery to begin … \(time)"
        case .running: "BigQuery writes the files … \(time)"
        }
    }

    /// One line of at most 79 characters.
    static func line(_ progress: PullProgress) -> String {
        switch progress.phase {
        case .planning: return "asking what there is to read …"
        case .running: return "BigQuery runs the query … \(Readable.seconds(progress.elapsed / .seconds(1)))"
        case .publishing: return "\(Readable.rows(progress.rows)) staged, publishing the table …"
        case .transferring: break
        }
        let seconds = progress.transferElapsed / .seconds(1)
        let rate = seconds > 0 ? Double(progress.rows - progress.rowsContinued) / seconds : 0
        var parts = [Readable.rows(progress.rows)]
        if let total = progress.totalRows, total > 0 {
            parts[0] += " of \(Readable.count(total)) (\(progress.rows * 100 / total) %)"
            parts.append("\(Readable.count(Int64(rate))) rows/s")
            if rate > 0 { parts.append("\(Readable.seconds(Double(total - progress.rows) / rate)) left") }
        }
        return parts.joined(separator: ", ")
    }
}
