import Foundation

/// The file of a plot.
enum PlotFile {
    /// Rejects a path that cannot be written, before the benchmark starts.
    static func check(_ path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard !(isThere && isFolder.boolValue), FileManager.default.isWritableFile(atPath: folder) else {
            throw failure(path, "it is a folder, or its folder does not exist or is not writable")
        }
    }

    /// Writes a document, replacing an existing file.
    static func write(_ document: String, to path: String) throws {
        do {
            try Data(document.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw failure(path, error.localizedDescription)
        }
    }

    private static func failure(_ path: String, _ reason: String) -> CommandError {
        CommandError(.cannotWrite, "cannot write \(path): \(reason)")
    }
}
