import BigQuery
import Foundation
import Testing

@testable import BigQueryPull

@Suite struct ReportCodingTests {
    private static let pull: PullReport = {
        var report = PullReport(project: "demo")
        report.copyDuration = .milliseconds(1250)
        report.queryDuration = .milliseconds(500)
        let steps: [WritableKeyPath<PullDurations, Duration>] = [
            \.timeToFirstByte, \.transfer, \.inflate, \.decode, \.waitForWriter, \.waitForPages, \.insert, \.commit,
        ]
        for (place, step) in steps.enumerated() {
            report.detailedDurations[keyPath: step] = .milliseconds(125 * (place + 1))
        }
        return report
    }()

    @Test func durationsOfAPullAreSeconds() throws {
        #expect(
            try json(Self.pull) == """
                {"copyDuration":1.25,"dataInflated":0,"dataRead":0,"detailedDurations":{"commit":1,"decode":0.5,\
                "inflate":0.375,"insert":0.875,"timeToFirstByte":0.125,"transfer":0.25,"waitForPages":0.75,\
                "waitForWriter":0.625},"pages":0,"project":"demo","queryDuration":0.5,"resetLoads":[],"retries":0,\
                "rowsCopied":0,"rowsRead":0,"rowsWithoutWatermark":null,"supersededRuns":[],"throughput":0,"warnings":[]}
                """)
    }

    /// Without what only advice depends on.
    @Test func aWarningIsItsCodeAndMessage() throws {
        let warning = PullWarning(
            code: .markInFuture, message: "far", detail: .markInFuture(load: "orders", value: "5"))
        #expect(try json(warning) == #"{"code":"markInFuture","message":"far"}"#)
    }

    @Test func theLoadOfAPullOmitsWhatItDoesNotHave() throws {
        #expect(
            try json(LoadReport(name: "orders", nil))
                == #"{"leavesGap":false,"name":"orders","queryChanged":false}"#)
    }

    @Test func theDurationOfAMeasurementIsSeconds() throws {
        #expect(try json(BenchmarkMeasurement(Self.pull)).contains(#""seconds":1.25,"#))
    }

    @Test func theDurationOfAnExportIsSeconds() throws {
        var report = ExportReport(try ExportDestination(uri: "gs://bucket/rows-*.csv"), project: "demo")
        report.copyDuration = .milliseconds(1250)
        #expect(try json(report).contains(#""copyDuration":1.25,"#))
    }

    private func json(_ report: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
}
