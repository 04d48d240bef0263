import Foundation

/// How much of a sweep is carried out: a part that leaves the other tests time to run beside it, or all with `SWEEP=whole`
/// in the environment.
package enum Sweep {
    package static let isWhole = ProcessInfo.processInfo.environment["SWEEP"] == "whole"

    package static func whole<Value>(_ all: Value, orShort few: Value) -> Value { isWhole ? all : few }
}
