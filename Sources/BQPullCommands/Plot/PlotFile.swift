import Foundation

/// The file of an image.
enum PlotFile {
    /// Refuses a file that could not be written, before anything is measured.
    static func check(_ path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard !(isThere && isFolder.boolValue), FileManager.default.isWritableFile(atPath: folder) else {
            throw failure(path, "it is a folder, or its folder is not there or cannot be written to")
        }
    }

    /// Writes a document, in place of one that is there.
    static func write(_ document: String, to path: String) throws {
        do {
            try Data(document.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw failure(path, error.localizedDescription)
        }
    }

    private static func failure(_ path: String, _ reason: String) -> CommandError {
        CommandError(
            identifier: "cannotWrite", message: "\(path): cannot be written: \(reason)", exitStatus: .cannotCreate,
            hint: "name a file in a folder that exists and that you may write to")
    }
}
