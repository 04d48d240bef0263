#if os(Linux)
import Foundation
import TestSupport

/// An ext4 file system in a file, mounted on a folder, whose power can be cut.
struct LoopDisk: Sendable {
    private let folder: String
    private let image: String

    /// A command that prepares a disk failed.
    struct CommandFailed: Error {
        var message: String
    }

    /// Whether this process can mount a disk and cut its power.
    static func isPossible() async -> Bool {
        // Any failure means that the machine has no such disks.
        let result: Void? = try? await TemporaryFolder.with { folder in
            let mount = folder.file("mount")
            try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
            try await with(on: mount) { disk in
                try disk.cutPower()
                try await disk.restart()
            }
        }
        return result != nil
    }

    /// Mounts an empty disk of `megabytes` on a folder while `body` runs. No blocks are reserved for root.
    static func with<Result>(
        on folder: String, megabytes: Int = 256, _ body: (LoopDisk) async throws -> Result
    ) async throws -> Result {
        let disk = LoopDisk(folder: folder, image: folder + ".img")
        try await run(
            "truncate -s \(megabytes)M '\(disk.image)' && /sbin/mkfs.ext4 -q -m 0 '\(disk.image)'")
        try await disk.mount()
        do {
            let result = try await body(disk)
            try await disk.unmount()
            return result
        } catch {
            // A running process can still use the disk. The first error is the one to report.
            try? await run("umount -l '\(folder)'")
            throw error
        }
    }

    /// Writes everything to the disk.
    func sync() async throws {
        try await Self.run("sync -f '\(folder)'")
    }

    /// Fills the disk with a file, until nothing more fits; returns the file's path.
    ///
    /// Once more after each sync, which gives back blocks that were only reserved.
    func fill() async throws -> String {
        let file = folder + "/filling"
        try await Self.run(
            "for turn in 1 2 3; do dd if=/dev/zero bs=1k >>'\(file)' 2>/dev/null; sync -f '\(folder)'; done; true")
        return file
    }

    /// Fills the disk with one file, except for a number of bytes; returns its path.
    func fill(leaving bytes: Int) async throws -> String {
        let file = folder + "/filling"
        let free = "$(df --output=avail -B1 '\(folder)' | tail -n 1)"
        try await Self.run("fallocate -l $((\(free) - \(bytes))) '\(file)'")
        return file
    }

    /// Remounts the disk read-only. No process must use it.
    func makeReadOnly() async throws {
        try await unmount()
        try await Self.run("mount -o loop,ro '\(image)' '\(folder)'")
    }

    /// Cuts the power: writes that are not synced yet are lost, and later ones fail.
    func cutPower() throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
        defer { close(descriptor) }
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
        let shutdown: UInt = 0x8004_587D
        var flags: UInt32 = 2
        guard ioctl(descriptor, shutdown, &flags) == 0 else { throw POSIXError(.EIO) }
    }

    /// Remounts the disk with its synced content. No process must use it.
    func restart() async throws {
        try await unmount()
        try await mount()
    }

    private func mount() async throws {
        try await Self.run("mount -o loop '\(image)' '\(folder)'")
    }

    /// Other mount namespaces can hold the mount after it is gone here; the loop device is released after the last one.
    private func unmount() async throws {
        let isAttached = "[ -n \"$(/sbin/losetup -j '\(image)')\" ]"
        try await Self.run("umount '\(folder)' && while \(isAttached); do sleep 0.05; done")
    }

    private static func run(_ script: String) async throws {
        let outcome = try await Shell.run(script)
        guard outcome.exitCode == 0 else { throw CommandFailed(message: outcome.errors) }
    }
}
#endif
