import Foundation

/// The extent of sweeps, set by the environment variable `SWEEP`: `whole` runs all cases, `short` a few. Without it, a part
/// runs.
package enum Sweep {
    private static let size = ProcessInfo.processInfo.environment["SWEEP"]

    package static let isWhole = size == "whole"

    package static func whole<Value>(_ all: Value, orPart part: Value, orShort few: Value? = nil) -> Value {
        switch size {
        case "whole": all
        case "short": few ?? part
        default: part
        }
    }

    /// All values; with `SWEEP=short`, a number of them, evenly spaced.
    package static func few<Value>(_ count: Int, of all: [Value]) -> [Value] {
        guard size == "short", count < all.count else { return all }
        return (0..<count).map { all[$0 * all.count / count] }
    }
}
