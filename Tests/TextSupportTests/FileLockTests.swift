import Foundation
import Testing
import TextSupport

@Suite struct FileLockTests {
    private static func withFile(_ test: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/bqpull-\(UUID().uuidString)"
        // Not every test creates the file.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try test(path)
    }

    @Test func hasOneOwner() throws {
        try Self.withFile { path in
            let first = try FileLock(opening: path)
            let second = try FileLock(opening: path)
            #expect(try first.tryLock())
            #expect(try !second.tryLock())
            first.release()
            #expect(try second.tryLock())
        }
    }

    @Test func isReleasedAtTheEndOfItsScope() throws {
        try Self.withFile { path in
            let second = try FileLock(opening: path)
            do {
                let first = try FileLock(opening: path)
                #expect(try first.tryLock())
                #expect(try !second.tryLock())
            }
            #expect(try second.tryLock())
        }
    }

    @Test func isReadableByItsOwnerOnly() throws {
        try Self.withFile { path in
            _ = try FileLock(opening: path)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func doesNotFollowASymbolicLink() throws {
        try Self.withFile { path in
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + "-target")
            let error = #expect(throws: POSIXError.self) { _ = try FileLock(opening: path) }
            #expect(error?.code == .ELOOP)
        }
    }
}
