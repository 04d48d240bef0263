import BigQueryRows
import TestSupport
import Testing

@testable import SQLiteStaging

@Suite struct LoadLogTests {
    @Test func listsLoadsByName() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([1], .load("b"))
            try await folder.publish([2], .load("A"))
            try await folder.publish([3], .load("c"), into: folder.target("other", .append))
            let loads = try await LoadLog.read(path: folder.path)
            #expect(loads.map(\.name) == ["A", "b", "c"])
            #expect(loads.map(\.table) == ["results", "results", "other"])
            #expect(loads.map(\.highWaterMark) == ["2", "1", "3"])
        }
    }

    @Test func removesAMark() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a", runID: "first"))
            try await folder.publish([8], .load("b"))
            try await folder.interrupt(.load("a", runID: "a", since: "7"))
            try await folder.interrupt(.load("b", runID: "b", since: "8"))
            let (load, droppedRuns) = try await LoadLog.reset("A", to: nil, path: folder.path)
            #expect(load.highWaterMark == nil && !load.isStarted && load.runID == "first" && load.name == "a")
            #expect(load.columns.map(\.name) == ["n"])
            #expect(droppedRuns.map(\.intent.runID) == ["a"] && droppedRuns.map(\.state) == [.discarded])
            let states = try await folder.states()
            #expect(states["a"] == .discarded && states["b"] == .interrupted)
            #expect(try await LoadLog.read(path: folder.path).map(\.highWaterMark) == [nil, "8"])
            // The next run is a first run, and can set a lower mark.
            let outcome = try await folder.publish([3], .load("a"))
            #expect(outcome?.mark == "3" && outcome?.previousMark == nil)
        }
    }

    static let values: [(FieldType, String, String?)] = [
        (.int64, "007", "7"), (.int64, "-3", "-3"), (.int64, "2024-01-01", nil), (.int64, "", nil),
        (.date, "2024-02-29", "2024-02-29"), (.date, "2023-02-29", nil),
        (.datetime, "2024-02-01 10:00", "2024-02-01T10:00:00"),
        (.timestamp, "2024-02-01T10:00:00+02:00", "2024-02-01T08:00:00.000000Z"),
    ]

    @Test(arguments: values) func setsAMarkInTheTypeOfTheColumn(_ type: FieldType, _ value: String, _ mark: String?)
        async throws
    {
        try await StagingFolder.with { folder in
            try await folder.stage(
                [[.null]], schema: TableSchema(fields: [.init(name: "n", type: type)]),
                into: folder.target("results", .append), intent: .load(type: type))
            try await expectCode(mark == nil ? .invalidValue : nil) {
                let (load, _) = try await LoadLog.reset("results", to: value, path: folder.path)
                #expect(load.highWaterMark == mark && load.isStarted && load.runID != nil)
            }
            #expect(try await LoadLog.read(path: folder.path).first?.highWaterMark == mark)
        }
    }

    /// The next run continues at the mark, although the load has no rows in the new table.
    @Test func setsAMarkAfterTheTableWasReplaced() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load())
            try await folder.publish([1], plain("plain"), into: folder.target("results", .replace))
            _ = try await LoadLog.reset("results", to: "50", path: folder.path)
            let record = try #require(try await folder.loadState().record)
            #expect(record.highWaterMark == "50" && record.isStarted && record.runID == nil)
            let outcome = try await folder.publish([], .load(since: "50", adoptsRows: true))
            #expect(outcome?.previousMark == "50" && outcome?.mark == "50")
        }
    }

    /// The same pull begins at the new mark, and does not report the earlier run again.
    @Test(arguments: [nil, "3"]) func acknowledgesTheRunsOfTheLoad(_ value: String?) async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load("a"))
            try await folder.publish([8], .load("b"), into: folder.target("other", .append))
            #expect(try await RunLog.read(path: folder.path).map(\.isAcknowledged) == [false, false])
            _ = try await LoadLog.reset("A", to: value, path: folder.path)
            #expect(try await RunLog.read(path: folder.path).map(\.isAcknowledged) == [true, false])
        }
    }

    @Test func rejectsALoadWithoutAMark() async throws {
        try await StagingFolder.with { folder in
            var intent = StagingIntent.load("all")
            intent.load?.range = nil
            try await folder.publish([1], intent)
            try await folder.publish([1], .load("gone"), into: folder.target("gone", .append))
            try folder.execute("DROP TABLE gone")
            for name in ["all", "gone"] {
                try await expectCode(.invalidValue) { _ = try await LoadLog.reset(name, to: "1", path: folder.path) }
                let (load, _) = try await LoadLog.reset(name, to: nil, path: folder.path)
                #expect(load.highWaterMark == nil, "\(name)")
            }
        }
    }

    @Test func rejectsUnknownLoadsAndFiles() async throws {
        try await StagingFolder.with { folder in
            try await expectCode(.noDatabase) { _ = try await LoadLog.read(path: folder.path) }
            try await expectCode(.noDatabase) { _ = try await LoadLog.reset("a", to: nil, path: folder.path) }
            #expect(try folder.files == [])
            try folder.execute("CREATE TABLE mine (n)")
            try await expectCode(.noRun) { _ = try await LoadLog.read(path: folder.path) }
            try await folder.publish([1], .load())
            try await expectCode(.noLoad) { _ = try await LoadLog.reset("other", to: nil, path: folder.path) }
        }
    }

    @Test func rejectsALoadWhoseTableIsInUse() async throws {
        try await StagingFolder.with { folder in
            try await folder.publish([7], .load())
            try await folder.withRun(folder.target("results", .append), intent: .load(since: "7")) { run in
                try await expectCode(.targetInUse) {
                    _ = try await LoadLog.reset("results", to: nil, path: folder.path)
                }
                try await run.begin(.numbers)
                try await run.finish()
            }
            #expect(try await LoadLog.read(path: folder.path).first?.highWaterMark == "7")
        }
    }
}
