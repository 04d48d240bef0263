import BigQueryRows
import Foundation
import RowFormats
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EncodedRowSinkTests {
    private static let schema = TableSchema(fields: [TableSchema.Field(name: "name", type: .string)])

    private static func page(_ firstRow: Int64, _ text: String?) -> RowPage {
        let cell = text.map { CellReference.text(offset: 0, length: $0.utf8.count) } ?? .null
        return RowPage(firstRow: firstRow, columnCount: 1, bytes: Array((text ?? "").utf8), cells: [cell])
    }

    private static func names(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private static func content(of path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test(
        arguments: [
            (CSVEncoder(), "name\nAda\nBob\n"),
            (JSONLinesEncoder(), "{\"name\":\"Ada\"}\n{\"name\":\"Bob\"}\n"),
        ] as [(any RowEncoder, String)])
    func aFileGetsItsNameWhenItIsComplete(encoder: any RowEncoder, expected: String) async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.file("names")
            let sink = EncodedRowSink(encoder, path: path)
            #expect(try Self.names(in: folder).isEmpty)
            try await sink.begin(Self.schema)
            try await sink.append(Self.page(0, "Ada"))
            try await sink.append(Self.page(1, "Bob"))
            let unfinished = try #require(try Self.names(in: folder).first)
            #expect(unfinished.hasPrefix("names.") && unfinished.hasSuffix(".part"))
            #expect(try Self.content(of: folder.file(unfinished)) == expected)
            try await sink.finish()
            #expect(try Self.names(in: folder) == ["names"])
            #expect(try Self.content(of: path) == expected)
        }
    }

    @Test func anEarlierFileStaysUntilTheNewOneIsComplete() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.file("names.csv")
            try Data("earlier".utf8).write(to: URL(filePath: path))
            let sink = EncodedRowSink(CSVEncoder(), path: path)
            try await sink.begin(Self.schema)
            try await sink.append(Self.page(0, "Ada"))
            #expect(try Self.content(of: path) == "earlier")
            try await sink.finish()
            #expect(try Self.content(of: path) == "name\nAda\n")
            #expect(try Self.names(in: folder) == ["names.csv"])
        }
    }

    @Test func aFailedPullLeavesTheEarlierFileAlone() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.file("names.csv")
            try Data("earlier".utf8).write(to: URL(filePath: path))
            func pull() async throws {
                let sink = EncodedRowSink(CSVEncoder(), path: path)
                try await sink.begin(Self.schema)
                try await sink.append(Self.page(0, "Ada"))
                #expect(try Self.names(in: folder).count == 2)
                try await sink.append(Self.page(1, nil))
            }
            let error = await #expect(throws: RowFormatError.self) { try await pull() }
            #expect(error?.code == .emptyLine)
            // The thread of the file can still hold it.
            while try Self.names(in: folder) != ["names.csv"] { await Task.yield() }
            #expect(try Self.content(of: path) == "earlier")
        }
    }

    @Test func twoSinksCanWriteTheSameFile() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.file("names.csv")
            let sinks = ["Ada", "Bob"].map { ($0, EncodedRowSink(CSVEncoder(), path: path)) }
            for (name, sink) in sinks {
                try await sink.begin(Self.schema)
                try await sink.append(Self.page(0, name))
            }
            for (name, sink) in sinks {
                try await sink.finish()
                #expect(try Self.content(of: path) == "name\n\(name)\n")
            }
            #expect(try Self.names(in: folder) == ["names.csv"])
        }
    }

    @Test(arguments: ["folder", "link", "missing/names.csv", "folder/"])
    func anUnsuitablePathIsRejectedBeforeTheFirstRow(name: String) async throws {
        try await TemporaryFolder.with { folder in
            try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("link"), withDestinationPath: folder.file("file"))
            let sink = EncodedRowSink(CSVEncoder(), path: folder.file(name))
            let error = await #expect(throws: RowFormatError.self) { try await sink.begin(Self.schema) }
            #expect(error?.code == .io)
            #expect(error?.message.contains(folder.file(name)) == true)
            #expect(try Self.names(in: folder) == ["folder", "link"])
        }
    }

    @Test(arguments: ["", "/dev/null", "a\0b"]) func noRowsAreWrittenTo(path: String) async throws {
        let sink = EncodedRowSink(CSVEncoder(), path: path)
        let error = await #expect(throws: RowFormatError.self) { try await sink.begin(Self.schema) }
        #expect(error?.code == .io)
    }

    @Test func aFileThatCannotBeRenamedIsRemoved() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder.file("names.csv")
            let sink = EncodedRowSink(CSVEncoder(), path: path)
            try await sink.begin(Self.schema)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let error = await #expect(throws: RowFormatError.self) { try await sink.finish() }
            #expect(error?.code == .io)
            #expect(error?.cause is POSIXError)
            #expect(try Self.names(in: folder) == ["names.csv"])
        }
    }

    @Test(arguments: [CSVEncoder(), JSONLinesEncoder()] as [any RowEncoder])
    func callsOutOfOrderAreErrors(encoder: any RowEncoder) async throws {
        func expectError(_ body: () async throws -> Void) async {
            let error = await #expect(throws: RowFormatError.self) { try await body() }
            #expect(error?.code == .outOfOrder)
        }
        try await TemporaryFolder.with { folder in
            let path = folder.file("names")
            let sink = EncodedRowSink(encoder, path: path)
            await expectError { try await sink.append(Self.page(0, "Ada")) }
            await expectError { try await sink.finish() }
            try await sink.begin(Self.schema)
            let wide = RowPage(firstRow: 0, columnCount: 2, bytes: [], cells: [.integer(1), .integer(2)])
            await expectError { try await sink.append(wide) }
            try await sink.append(Self.page(0, "Ada"))
            try await sink.finish()
            let content = try Self.content(of: path)
            await expectError { try await sink.append(Self.page(1, "Bob")) }
            await expectError { try await sink.finish() }
            #expect(try Self.content(of: path) == content)
            #expect(try Self.names(in: folder) == ["names"])
        }
    }

    @Test func aClosureGetsNoEmptyChunk() async throws {
        let chunks = Mutex<[String]>([])
        let sink = EncodedRowSink(CSVEncoder()) { bytes in
            chunks.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
        try await sink.begin(Self.schema)
        try await sink.append(Self.page(0, "Ada"))
        try await sink.append(RowPage(firstRow: 1, columnCount: 1, bytes: [], cells: []))
        try await sink.finish()
        #expect(chunks.withLock { $0 } == ["name\n", "Ada\n"])
    }
}
