import Foundation
import TestSupport
import Testing

@testable import GoogleHTTP

@Suite struct InputFileTests {
    private func read(_ path: String, limit: Int = 100, timeout: Duration? = .milliseconds(20)) -> Result<
        String, InputFileError
    > {
        Result { () throws(InputFileError) in
            String(decoding: try InputFile.read(path, limit: limit, timeout: timeout), as: UTF8.self)
        }
    }

    private func kind(_ result: Result<String, InputFileError>) -> InputFileError.Kind? {
        if case .failure(let error) = result { error.kind } else { nil }
    }

    @Test(arguments: [(5, nil), (4, .tooLarge(4))] as [(Int, InputFileError.Kind?)])
    func readsUpToTheLimit(limit: Int, expected: InputFileError.Kind?) async throws {
        try await TemporaryFolder.with { folder in
            try Data("hello".utf8).write(to: URL(fileURLWithPath: folder.file("text")))
            let result = read(folder.file("text"), limit: limit)
            #expect(kind(result) == expected)
            // The error is checked above.
            #expect((try? result.get()) == (expected == nil ? "hello" : nil))
        }
    }

    /// Reading or opening the FIFO would block.
    @Test(
        .faults("L30"), .timeLimit(.minutes(1)),
        arguments: [
            ("fifo", .namedPipe), ("link", .namedPipe), (".", .folder), ("nothing", .unreadable(ENOENT)),
            ("nothing\0", .unreadable(EINVAL)), ("/dev/zero", .device), ("/dev/fd/999999", .unreadable(EBADF)),
        ] as [(String, InputFileError.Kind)])
    func rejectsNonFiles(name: String, expected: InputFileError.Kind) async throws {
        try await TemporaryFolder.with { folder in
            try #require(mkfifo(folder.file("fifo"), 0o600) == 0)
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("link"), withDestinationPath: folder.file("fifo"))
            let path = name.hasPrefix("/") ? name : folder.file(name)
            #expect(kind(read(path, timeout: nil)) == expected)
            let check = Result { () throws(InputFileError) in try InputFile.check(path) }
            #expect(((try? check.get()) == nil) == [.namedPipe, .device].contains(expected))
        }
    }

    @Test(.faults("L30"), arguments: ["/dev/fd/", "/proc/self/fd/"])
    func readsInheritedPipe(folder: String) throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("text".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try read("\(folder)\(pipe.fileHandleForReading.fileDescriptor)", timeout: nil).get() == "text")
    }

    @Test(.faults("L30")) func timesOutOnSilentPipe() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("the beginning".utf8))
        let result = read("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        #expect(kind(result) == .silent(.milliseconds(20)))
        try pipe.fileHandleForWriting.close()
    }

    @Test(.faults("L30")) func stopsReadingAtLimit() throws {
        let endless = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        defer { close(endless) }
        #expect(kind(read("/dev/fd/\(endless)")) == .tooLarge(100))
    }

    @Test func readsInheritedFileFromItsStart() async throws {
        try await TemporaryFolder.with { folder in
            try Data("hello".utf8).write(to: URL(fileURLWithPath: folder.file("text")))
            let file = open(folder.file("text"), O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            lseek(file, 3, SEEK_SET)
            #expect(try read("/dev/fd/\(file)").get() == "hello")
            #expect(lseek(file, 0, SEEK_CUR) == 3)
        }
    }

    @Test func readsNullDeviceAsEmpty() throws {
        #expect(try read("/dev/null").get() == "")
    }

    @Test func cancellationDoesNotWaitForThread() async throws {
        let end = DispatchSemaphore(value: 0)
        let reading = Task { try await onOwnThread { end.wait() } }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        end.signal()
    }
}
