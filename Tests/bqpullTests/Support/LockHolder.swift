import Foundation

/// Another program, in Python, that holds a lock on a database.
struct LockHolder {
    /// Python with SQLite; `nil` where it is not installed.
    static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private let process: RunningBinary

    /// The process ID.
    var identifier: Int32 { process.identifier }

    private static let script = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=600)
        for statement in sys.argv[2:]: db.execute(statement).fetchall()
        print("held", flush=True)
        sys.stdin.readline()
        """

    /// Runs statements on a database, the first of which begins a transaction, and holds what they have locked.
    static func hold(_ file: String, _ statements: [String]) async throws -> LockHolder {
        guard let python else { throw CocoaError(.executableNotLoadable) }
        let holder = LockHolder(
            process: try await Binary(program: URL(fileURLWithPath: python)).start(["-c", script, file] + statements))
        _ = try await holder.process.wait(for: /held/)
        return holder
    }

    /// Ends the process.
    func release() async throws {
        try process.write("\n")
        _ = try await process.finish()
    }
}
