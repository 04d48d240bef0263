import Foundation
import Synchronization

/// Counts the injected faults of this process, and prints the number at its end.
enum Injections {
    private static let total: Mutex<Int> = {
        atexit { print("injected faults: \(Injections.total.withLock { $0 })") }
        return Mutex(0)
    }()

    static func count(_ injections: Int) {
        total.withLock { $0 += injections }
    }
}
