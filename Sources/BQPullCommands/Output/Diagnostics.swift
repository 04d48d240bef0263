import ArgumentParser
import Foundation
import Synchronization
import TextSupport

/// The format of messages on standard error.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// Plain text.
    case text
    /// One JSON object per line.
    case json

    static let option = "--log-format"
    static let variable = "BQPULL_LOG_FORMAT"

    /// The format set by the arguments, else by the environment; text if the value is invalid. Read before parsing, so
    /// that it applies to errors in the arguments.
    init(arguments: [String], environment: [String: String]) {
        let words = arguments.drop { $0 != Self.option && !$0.hasPrefix("\(Self.option)=") }
        let value = words.first?.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
        self = (value ?? words.dropFirst().first ?? environment[Self.variable]).flatMap(Self.init) ?? .text
    }
}

/// Messages on standard error: as text, or as one JSON object per line.
enum Diagnostics {
    /// The level of a message.
    enum Level: String, Encodable {
        case debug, progress, info, warning, error
    }

    private static let chosen = Mutex(LogFormat.text)

    /// The format; set once, when the process starts.
    static var format: LogFormat {
        get { chosen.withLock { $0 } }
        set { chosen.withLock { $0 = newValue } }
    }

    /// Writes information, in one or more lines.
    static func info(_ text: String) { write(.info, text) }

    /// Writes information; as JSON, the first line with `details`.
    static func info(_ text: String, _ details: any Encodable) {
        guard format == .json else { return write(.info, text) }
        let line = text.prefix { !$0.isNewline }
        write(Record(level: .info, message: printableLines(String(line)), details: Details(value: details)))
    }

    /// Writes a warning, in one line.
    static func warning(_ message: String) { write(.warning, printable(message, limit: 4_000)) }

    /// Writes a message of `--verbose`, in one line.
    static func debug(_ message: String) { write(.debug, printable(message, limit: 4_000)) }

    /// Writes progress, where there is no live line.
    static func progress(_ message: String, _ progress: ProgressRecord?) {
        guard format == .json else { return write(.progress, message) }
        write(Record(level: .progress, message: message, progress: progress))
    }

    /// Writes an error, an empty line and the hint.
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
        let encoder = JSONEncoder.canonical
        encoder.dateEncodingStrategy = .iso8601
        // Fails only for non-finite numbers, which no report contains.
        guard let line = try? encoder.encode(record) else { return }
        StandardError.write(.json(String(decoding: line, as: UTF8.self) + "\n"))
    }

    /// A line of `--log-format json`. The member names are stable.
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

    /// The JSON form of the subject of a message.
    private struct Details: Encodable {
        var value: any Encodable

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}
