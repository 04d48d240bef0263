import Foundation
import TestSupport

/// A disk with its synced content and the pending changes that a power failure can lose.
struct DiskImage {
    /// The pending changes that reach the disk.
    enum Survivors {
        case none, all
        /// A random subset, where the last change of a file is written in part.
        case some(seed: UInt64)
    }

    private struct File {
        private enum Safety {
            case synced, pending
            /// Part of a failed sync: the system can drop it, and later syncs do not restore it.
            case doubtful
        }

        private var content: [UInt8]
        private var changes: [(kind: DiskChange.Kind, safety: Safety)] = []

        init(_ content: [UInt8] = []) {
            self.content = content
        }

        mutating func add(_ kind: DiskChange.Kind) {
            changes.append((kind, .pending))
        }

        mutating func sync(fails: Bool) {
            for index in changes.indices where changes[index].safety == .pending {
                changes[index].safety = fails ? .doubtful : .synced
            }
            let settled = changes.prefix { $0.safety == .synced }
            for change in settled { Self.apply(change.kind, to: &content) }
            changes.removeFirst(settled.count)
        }

        func content(_ survivors: Survivors, _ generator: inout SplitMix64) -> [UInt8] {
            var content = content
            let survives: [Bool] = changes.map { change in
                switch survivors {
                case .none: change.safety == .synced
                case .all: true
                case .some: change.safety == .synced || Bool.random(using: &generator)
                }
            }
            let last = survives.lastIndex(of: true)
            for (index, change) in changes.enumerated() where survives[index] {
                var kind = change.kind
                if case .some = survivors, index == last, change.safety != .synced,
                    case .write(let offset, let bytes) = kind
                {
                    let arrived = Int.random(in: 0..<bytes.count, using: &generator)
                    kind = .write(offset: offset, bytes: Array(bytes.prefix(arrived)))
                }
                Self.apply(kind, to: &content)
            }
            return content
        }

        private static func apply(_ kind: DiskChange.Kind, to content: inout [UInt8]) {
            switch kind {
            case .write(let offset, let bytes):
                content.append(contentsOf: repeatElement(0, count: max(0, offset + bytes.count - content.count)))
                content.withUnsafeMutableBytes { content in
                    bytes.withUnsafeBytes { content[offset...].copyBytes(from: $0) }
                }
            case .truncation(let size):
                content.removeLast(max(0, content.count - size))
            case .creation, .sync, .failedSync, .deletion: break
            }
        }
    }

    /// Every file, including removed ones.
    private var files: [File] = []
    /// The current names of files.
    private var visible: [String: Int] = [:]
    /// The synced names of files.
    private var durable: [String: Int] = [:]
    /// Names added and removed (`nil`) since, in the order that a file system preserves.
    private var renamings: [(name: String, file: Int?)] = []

    /// Reads the files of a folder as synced.
    init(_ folder: StagingFolder) throws {
        for name in try folder.files {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.folder)/\(name)"))
            durable[name] = files.count
            files.append(File(Array(data)))
        }
        visible = durable
    }

    /// Applies a change.
    mutating func apply(_ change: DiskChange) {
        switch change.kind {
        case .creation:
            visible[change.name] = files.count
            renamings.append((change.name, files.count))
            files.append(File())
        case .deletion(let isDurable):
            visible[change.name] = nil
            renamings.append((change.name, nil))
            if isDurable { syncNames() }
        case .write, .truncation:
            files[file(change.name)].add(change.kind)
        case .sync:
            files[file(change.name)].sync(fails: false)
            // SQLite syncs the folder together with a new file.
            if renamings.contains(where: { $0.file == file(change.name) }) { syncNames() }
        case .failedSync:
            files[file(change.name)].sync(fails: true)
        }
    }

    private func file(_ name: String) -> Int {
        guard let file = visible[name] else { preconditionFailure("\(name) was not created") }
        return file
    }

    private mutating func syncNames() {
        durable = visible
        renamings = []
    }

    /// Writes the content after a power failure to a folder.
    func write(to folder: StagingFolder, _ survivors: Survivors) throws {
        var names = durable
        var generator = SplitMix64(seed: 0)
        let renamed: Int
        switch survivors {
        case .none: renamed = 0
        case .all: renamed = renamings.count
        case .some(let seed):
            generator = SplitMix64(seed: seed)
            renamed = Int.random(in: 0...renamings.count, using: &generator)
        }
        for (name, file) in renamings.prefix(renamed) { names[name] = file }
        for (name, file) in names.sorted(by: { $0.key < $1.key }) {
            let url = URL(fileURLWithPath: "\(folder.folder)/\(name)")
            try Data(files[file].content(survivors, &generator)).write(to: url)
        }
    }
}
