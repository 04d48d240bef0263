import Foundation

/// How much of a sweep is carried out: all of it with `SWEEP=whole` in the environment, as `Tests/run.sh` does, else a
/// part that leaves the other tests time to run beside it.
enum Sweep {
    /// Of so many positions one is tried.
    static let step = ProcessInfo.processInfo.environment["SWEEP"] == "whole" ? 1 : 41
}
