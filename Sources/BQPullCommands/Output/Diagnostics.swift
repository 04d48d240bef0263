import ArgumentParser
import Foundation
import Synchronization
import TextSupport

/// How what is said on standard error is written.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// Lines for people.
    case text
    /// One JSON object a line.
    case json

    static let option = "--log-format"
    static let variable = "BQPULL_LOG_FORMAT"

    /// The format that the arguments ask for, else the environment; text where they ask for one that there is not. Read
    /// before anything else, so that errors in the arguments have it too.
    init(arguments: [String], environment: [String: String]) {
        let words = arguments.drop { $0 != Self.option && !$0.hasPrefix("\(Self.option)=") }
        let value = words.first?.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
        self = (value ?? words.dropFirst().first ?? environment[Self.variable]).flatMap(Self.init) ?? .text
    }
}

/// Everything that is said beside the data, on standard error: as text, or as one JSON object a line.
enum Diagnostics {
    /// How much it matters.
    enum Level: String, Encodable {
        case debug, progress, info, warning, error
    }

    private static let chosen = Mutex(LogFormat.text)

    /// The format; set once, when the process begins.
    static var format: LogFormat {
        get { chosen.withLock { $0 } }
        set { chosen.withLock { $0 = newValue } }
    }

    /// Says what was done, in one or more lines.
    static func info(_ text: String) { write(.info, text) }

    /// Says what was done; for a machine the first line, and exactly what the others are about.
    static func info(_ text: String, _ details: any Encodable) {
        guard format == .json else { return write(.info, text) }
        let line = text.prefix { !$0.isNewline }
        write(Record(level: .info, message: printableLines(String(line)), details: Details(value: details)))
    }

    /// Says on one line what the user should know although nothing failed.
    static func warning(_ message: String) { write(.warning, printable(message, limit: 4_000)) }

    /// Says on one line what was asked for with `--verbose`.
    static func debug(_ message: String) { write(.debug, printable(message, limit: 4_000)) }

    /// Says how far something is, where there is no line that can be written over.
    static func progress(_ message: String, _ progress: ProgressRecord?) {
        guard format == .json else { return write(.progress, message) }
        write(Record(level: .progress, message: message, progress: progress))
    }

    /// Says what happened, and after an empty line what to do.
    static func failure(_ failure: Failure) {
        let message = printable(failure.message, limit: 4_000)
        guard format == .text else {
            return write(
                Record(
                    level: .error, message: message, identifier: failure.identifier,
                    hint: failure.hint.map(printableLines), exitCode: failure.exitStatus.rawValue))
        }
        var text = TerminalText("error:").styled(.red) + TerminalText(" \(message)\n")
        if let hint = failure.hint {
            text = text + TerminalText("\n") + TerminalText("hint:").styled(.bold) + TerminalText(" \(hint)\n")
        }
        StandardError.write(text)
    }

    private static func write(_ level: Level, _ text: String) {
        guard format == .text else {
            for line in text.split(whereSeparator: \.isNewline) {
                write(Record(level: level, message: printableLines(String(line))))
            }
            return
        }
        let text = TerminalText(text.hasSuffix("\n") ? text : text + "\n")
        switch level {
        case .warning: StandardError.write(TerminalText("warning:").styled(.yellow) + TerminalText(" ") + text)
        case .debug: StandardError.write(TerminalText("debug: ") + text)
        case .progress, .info, .error: StandardError.write(text)
        }
    }

    private static func write(_ record: Record) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let line = try? encoder.encode(record) else { return }
        StandardError.write(.json(String(decoding: line, as: UTF8.self) + "\n"))
    }

    /// A line of `--log-format json`. The names do not change between versions.
    private struct Record: Encodable {
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var level: Level
        var message: String
        var identifier: String?
        var hint: String?
        var exitCode: Int32?
        var progress: ProgressRecord?
        var details: Details?
    }

    /// What a message is about, in the form of its own JSON.
    private struct Details: Encodable {
        var value: any Encodable

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}
