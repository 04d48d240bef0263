import Foundation

/// The extent of sweeps: a sample by default, all of it with `SWEEP=whole` in the environment.
package enum Sweep {
    package static let isWhole = ProcessInfo.processInfo.environment["SWEEP"] == "whole"

    package static func whole<Value>(_ all: Value, orShort few: Value) -> Value { isWhole ? all : few }
}
