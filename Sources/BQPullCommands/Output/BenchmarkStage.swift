import BigQueryPull

/// A stage of a page, in tables and plots.
struct BenchmarkStage {
    let name: String
    /// The color of its bars, and of text on them.
    let fill: String
    let text: String
    /// The time spent in the stage.
    let duration: @Sendable (PullDurations) -> Duration

    /// All stages, in order.
    static let all = [
        BenchmarkStage(name: "first byte", fill: "#56b4e9", text: "#000000") { $0.timeToFirstByte },
        BenchmarkStage(name: "transfer", fill: "#0072b2", text: "#ffffff") { $0.transfer },
        BenchmarkStage(name: "inflate", fill: "#f0e442", text: "#000000") { $0.inflate },
        BenchmarkStage(name: "decode", fill: "#e69f00", text: "#000000") { $0.decode },
        BenchmarkStage(name: "wait for writer", fill: "#bbbbbb", text: "#000000") { $0.waitForWriter },
        BenchmarkStage(name: "insert", fill: "#009e73", text: "#ffffff") { $0.insert },
        BenchmarkStage(name: "commit", fill: "#cc79a7", text: "#000000") { $0.commit },
    ]
}
