import BigQueryEmulator
import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import BQPullCommands

private let strace = "/usr/bin/strace"

/// Slow readers, broken pipes and cancellation.
@Suite(.timeLimit(.minutes(5))) struct BufferedOutputTests {
    /// More bytes than a reader that does not read accepts.
    private static let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

    /// The two ends of a stream.
    final class Stream: Sendable {
        enum Kind: CaseIterable {
            case pipe, socket, terminal
        }

        let output: Int32
        let reader: FileHandle

        init(_ kind: Kind) throws {
            var ends: [Int32] = [-1, -1]
            switch kind {
            case .pipe: guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
            case .socket:
                #if os(Linux)
                let type = Int32(SOCK_STREAM.rawValue)
                #else
                let type = SOCK_STREAM
                #endif
                guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
            case .terminal: (ends[0], ends[1]) = try Terminal.open()
            }
            // A process that another test starts would keep the stream open.
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            output = ends[1]
        }

        deinit { close(output) }

        /// Reads the next bytes on a thread of its own.
        func read(_ limit: Int) async throws -> [UInt8] {
            try await onOwnThread { [self] in
                var buffer = [UInt8](repeating: 0, count: limit)
                let count = Foundation.read(reader.fileDescriptor, &buffer, limit)
                return Array(buffer.prefix(count))
            }
        }

        /// Starts a write that blocks until its bytes are read.
        func startWriting() async throws -> Task<Void, any Error> {
            let writing = Task { try await BufferedOutput(output).write(bytes) }
            _ = try await read(1)
            return writing
        }
    }

    @Test(arguments: [Stream.Kind.pipe, .socket]) func aSlowReaderGetsAllBytes(kind: Stream.Kind) async throws {
        let stream = try Stream(kind)
        async let writing: Void = BufferedOutput(stream.output).write(Self.bytes)
        var received: [UInt8] = []
        while received.count < Self.bytes.count { received += try await stream.read(10_000) }
        try await writing
        // Not in the macro, which would search for the differences.
        let isEqual = received == Self.bytes
        #expect(isEqual)
    }

    @Test(arguments: Stream.Kind.allCases) func aCancelledWriteEndsAtOnce(kind: Stream.Kind) async throws {
        let stream = try Stream(kind)
        let writing = try await stream.startWriting()
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
    }

    @Test(arguments: Stream.Kind.allCases) func aBrokenPipeEndsAWrite(kind: Stream.Kind) async throws {
        let stream = try Stream(kind)
        let writing = try await stream.startWriting()
        try stream.reader.close()
        await #expect(throws: BrokenPipe.self) { try await writing.value }
    }

    @Test(arguments: Stream.Kind.allCases) func aBrokenPipeEndsTheWatch(kind: Stream.Kind) async throws {
        let stream = try Stream(kind)
        let watching = Task<Void, any Error> { try await BufferedOutput(stream.output).watchForBrokenPipe() }
        try stream.reader.close()
        await #expect(throws: BrokenPipe.self) { try await watching.value }
    }

    /// A full pipe that is read is not a broken one.
    @Test(arguments: Stream.Kind.allCases) func aCancelledWatchEndsAtOnce(kind: Stream.Kind) async throws {
        let stream = try Stream(kind)
        let watching = Task<Void, any Error> { try await BufferedOutput(stream.output).watchForBrokenPipe() }
        let writing = try await stream.startWriting()
        watching.cancel()
        await #expect(throws: CancellationError.self) { try await watching.value }
        writing.cancel()
        _ = await writing.result
    }

    /// The watch begins before the query ends.
    @Test(arguments: ["/dev/null", "rows.csv"]) func aFileHasNoBrokenPipe(name: String) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(1))) { home in
            let outcome = try await Shell.run(
                "cd \(home.folder.path) && \(Binary.url.path) query 'SELECT 1 AS x' --endpoint "
                    + "\(home.emulator.endpoint) --credentials \(home.credentials) > \(name); cat \(name)")
            #expect(outcome.output == (name == "/dev/null" ? "" : "x\n1\n"))
            #expect(outcome.errors.contains(" written in "), "\(outcome.errors)")
        }
    }

    /// Waits for standard output once per write, and once for a broken pipe, however long the query takes.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: strace), "needs strace"))
    func doesNotPoll() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(2))) { home in
            let trace = home.folder.file("trace")
            var tracer = home.binary()
            tracer.program = URL(fileURLWithPath: strace)
            let outcome = try await tracer.run(
                ["-f", "-qq", "-o", trace, "-e", "trace=/^p?poll$", Binary.url.path, "query", "SELECT 1 AS x"]
                    + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials])
            #expect(outcome.output == "x\n1\n", "\(outcome.errors)")
            let calls = try String(contentsOfFile: trace, encoding: .utf8).matches(of: /poll\(\[\{fd=1,/)
            #expect((1...4).contains(calls.count))
        }
    }
}
