import FaultyVFS
import Testing

/// A VFS under a test's folder that counts file operations, and fails them on request.
final class FaultyDisk: Sendable {
    private nonisolated(unsafe) let disk: OpaquePointer

    /// Runs `test` while the folder is on this disk. SQLite's files have to be opened inside.
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

    /// Fails the operation of this number, counted from 1, and all later ones if the fault is lasting.
    func fail(_ fault: DiskFault, at number: Int) {
        faulty_disk_fail(
            disk, fault.operation.inC, number, fault.isLasting, fault.code, fault.writesHalf)
    }

    /// The number of operations so far, including failed ones.
    func count(_ operation: DiskFault.Operation) -> Int {
        faulty_disk_operations(disk, operation.inC)
    }

    /// The number of injected faults.
    var faultsMet: Int { faulty_disk_faults(disk) }

    /// The number of open files.
    var openFiles: Int { faulty_disk_open_files(disk) }

    /// The recorded changes to the files.
    var changes: [DiskChange] {
        (0..<faulty_disk_change_count(disk)).map { DiskChange(faulty_disk_change(disk, $0)) }
    }
}

/// A way in which a disk fails.
struct DiskFault: Sendable, CustomStringConvertible {
    /// A file operation of SQLite; `any` counts all of them, in order.
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
    /// SQLite's result code; 0 for the default of the operation.
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

/// A change to a file.
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
