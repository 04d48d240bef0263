import BigQueryPull

/// A progress line of at most 79 characters.
enum ProgressText {
    /// The number of the run, and its progress.
    static func line(_ progress: BenchmarkProgress) -> String {
        guard progress.run > 0 else { return line(progress.pull) }
        let pull = progress.pull
        return "run \(progress.run) of \(progress.runs): \(Readable.shortCount(pull.rows)) rows\(share(pull))"
    }

    /// Rows, share, rate, time left, bytes per second compressed and inflated, retries, pages in flight. Parts that do not
    /// fit are omitted.
    static func line(_ progress: PullProgress) -> String {
        switch progress.phase {
        case .planning: return "planning the pull …"
        case .running: return "BigQuery is running the query … \(Readable.duration(progress.elapsed))"
        case .publishing: return "\(Readable.rows(progress.rows)) staged, publishing the table …"
        case .transferring: break
        }
        var line = ""
        for part in parts(progress) {
            let longer = line.isEmpty ? part : "\(line) · \(part)"
            if longer.count <= width { line = longer }
        }
        return line
    }

    /// The phase of the job, and the elapsed time.
    static func line(_ progress: ExportProgress) -> String {
        let time = Readable.duration(progress.elapsed)
        return switch progress.phase {
        case .planning: "planning the export …"
        case .waiting: "waiting for BigQuery to start … \(time)"
        case .running: "BigQuery is writing files … \(time)"
        }
    }

    /// One less than 80 columns, since some terminals wrap after the last one.
    private static let width = 79

    private static func parts(_ progress: PullProgress) -> [String] {
        let seconds = progress.transferElapsed / .seconds(1)
        let rate = seconds > 0 ? (Double(progress.rows) - Double(progress.rowsContinued)) / seconds : 0
        var parts: [String] = []
        if let total = progress.totalRows, total > 0 {
            parts.append(
                "\(Readable.shortCount(progress.rows)) of \(Readable.shortCount(total)) rows\(share(progress))")
            parts.append("\(Readable.shortCount(Int64(saturating: rate)))/s")
            if rate > 0 { parts.append("\(Readable.seconds((Double(total) - Double(progress.rows)) / rate)) left") }
        } else {
            parts.append("\(Readable.shortCount(progress.rows)) rows")
        }
        if seconds > 0, progress.dataRead > 0 {
            parts.append(
                Readable.byteRates(Double(progress.dataRead) / seconds, Double(progress.dataInflated) / seconds))
        }
        if progress.retries > 0 { parts.append("\(progress.retries) \(progress.retries == 1 ? "retry" : "retries")") }
        if progress.pagesInFlight > 0 {
            parts.append("\(progress.pagesInFlight) \(progress.pagesInFlight == 1 ? "page" : "pages")")
        }
        return parts
    }

    private static func share(_ progress: PullProgress) -> String {
        guard let total = progress.totalRows, total > 0 else { return "" }
        let (hundredfold, isOverflow) = progress.rows.multipliedReportingOverflow(by: 100)
        return " (\(isOverflow ? progress.rows / (total / 100 + 1) : hundredfold / total) %)"
    }
}
