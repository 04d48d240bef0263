import Foundation
import Synchronization

/// How many faults were met in this process, told at its end.
enum Injections {
    private static let total: Mutex<Int> = {
        atexit { print("fault injections, all of them met: \(Injections.total.withLock { $0 })") }
        return Mutex(0)
    }()

    static func count(_ injections: Int) {
        total.withLock { $0 += injections }
    }
}
