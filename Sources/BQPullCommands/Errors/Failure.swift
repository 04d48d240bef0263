import ArgumentParser
import Foundation
import TextSupport

/// An error as the user sees it: what happened, what to do, and the exit code.
struct Failure {
    /// The kind of error, for scripts; it does not change between versions.
    var identifier: String
    var message: String
    var hint: String?
    var exitStatus: ExitStatus

    /// The failure that an error stands for; `nil` for errors that are not ours.
    init?(_ error: any Error) {
        switch error {
        case let error as CommandError: self.init(error.identifier, error.message, error.hint, error.exitStatus)
        case let error as HintedError:
            self.init("\(error.error.code)", error.error.message, error.hint, error.error.exitStatus)
        case let error as any ReportedError:
            self.init("\(error.code)", error.message, error.suggestion, error.exitStatus)
        case let error as Interruption:
            self.init(
                "interrupted", (["interrupted"] + [error.note?.message].compactMap(\.self)).joined(separator: "; "),
                error.note?.hint ?? "run the same command again", Self.exitStatus(signal: error.signal)
            )
        case is CancellationError: self.init("interrupted", "interrupted", "run the same command again", .interrupted)
        default: return nil
        }
    }

    /// The failure that a parser's complaint about the arguments of a command stands for; `nil` for what is none: help
    /// that was asked for, the version.
    init?(usage error: any Error, _ command: CommandPath) {
        guard BQPull.exitCode(for: error) == .validationFailure else { return nil }
        self.init("usage", BQPull.message(for: error), "\(command.text) --help", .usage)
    }

    /// The failure that an error of somebody else's stands for.
    init(unexpected error: any Error) {
        self.init("unexpected", "\(error)", nil, .unexpected)
    }

    private init(_ identifier: String, _ message: String, _ hint: String?, _ exitStatus: ExitStatus) {
        self.identifier = identifier
        self.message = message
        self.hint = hint
        self.exitStatus = exitStatus
    }

    private static func exitStatus(signal: Int32) -> ExitStatus {
        switch signal {
        case SIGHUP: .hungUp
        case SIGTERM: .terminated
        default: .interrupted
        }
    }
}
