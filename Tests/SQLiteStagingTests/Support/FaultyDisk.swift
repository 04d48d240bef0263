import FaultyVFS
import Testing

/// The disk under a test's folder, as SQLite meets it: it counts what is asked of it, and fails when told.
final class FaultyDisk: Sendable {
    private nonisolated(unsafe) let disk: OpaquePointer

    /// Runs `test` while the folder is on such a disk. SQLite's files are to be opened inside.
    static func with<Result>(
        _ folder: StagingFolder, hasSharedMemory: Bool = true, isRecording: Bool = false,
        _ test: (FaultyDisk) async throws -> Result
    ) async throws -> Result {
        try #require(faulty_vfs_register() == 0)
        let disk = try #require(faulty_disk_create(folder.folder, hasSharedMemory, isRecording))
        defer { faulty_disk_release(disk) }
        return try await test(FaultyDisk(disk))
    }

    private init(_ disk: OpaquePointer) {
        self.disk = disk
    }

    /// Lets the operation of this number, counted from 1, fail; and all after it if the fault is a lasting one.
    func fail(_ fault: DiskFault, at number: Int) {
        faulty_disk_fail(
            disk, fault.operation.inC, number, fault.isLasting, fault.code, fault.writesHalf)
    }

    /// The operations so far, those that failed included.
    func count(_ operation: DiskFault.Operation) -> Int {
        faulty_disk_operations(disk, operation.inC)
    }

    /// The operations that failed on purpose.
    var faultsMet: Int { faulty_disk_faults(disk) }

    /// The files that SQLite has not closed yet.
    var openFiles: Int { faulty_disk_open_files(disk) }

    /// What was done to the files, if that is recorded.
    var changes: [DiskChange] {
        (0..<faulty_disk_change_count(disk)).map { DiskChange(faulty_disk_change(disk, $0)) }
    }
}

/// A way in which a disk fails.
struct DiskFault: Sendable, CustomStringConvertible {
    /// What SQLite asks of a disk; `any` is all of it, in the order in which it comes.
    enum Operation {
        case open, read, write, sync, truncate, delete, access, fileSize, lock, sharedMemory, any

        fileprivate var inC: faulty_operation {
            switch self {
            case .open: FAULTY_OPEN
            case .read: FAULTY_READ
            case .write: FAULTY_WRITE
            case .sync: FAULTY_SYNC
            case .truncate: FAULTY_TRUNCATE
            case .delete: FAULTY_DELETE
            case .access: FAULTY_ACCESS
            case .fileSize: FAULTY_FILE_SIZE
            case .lock: FAULTY_LOCK
            case .sharedMemory: FAULTY_SHARED_MEMORY
            case .any: FAULTY_ANY
            }
        }
    }

    var operation: Operation
    /// SQLite's result code; 0 for the one that goes with the operation.
    var code: Int32 = 0
    /// Whether half of a write's bytes arrive.
    var writesHalf = false
    /// Whether all later operations of the kind fail as well.
    var isLasting = false

    var description: String {
        let code = code == 0 ? "" : " with code \(code)"
        return "\(operation) failing \(isLasting ? "for good" : "once")\(code)\(writesHalf ? " half way" : "")"
    }
}

/// Something that was done to a file.
struct DiskChange: Sendable {
    enum Kind {
        case creation
        case write(offset: Int, bytes: [UInt8])
        case truncation(size: Int)
        case sync
        case failedSync
        case deletion(isDurable: Bool)
    }

    /// The file, without its folder.
    let name: String
    let kind: Kind

    fileprivate init(_ change: faulty_change) {
        name = String(cString: change.name)
        kind =
            switch change.kind {
            case FAULTY_CREATED: .creation
            case FAULTY_WRITTEN:
                .write(
                    offset: Int(change.offset),
                    bytes: Array(UnsafeBufferPointer(start: change.bytes, count: change.count)))
            case FAULTY_TRUNCATED: .truncation(size: Int(change.offset))
            case FAULTY_SYNCED: .sync
            case FAULTY_SYNC_FAILED: .failedSync
            default: .deletion(isDurable: change.is_durable)
            }
    }
}
