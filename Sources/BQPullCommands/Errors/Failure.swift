import ArgumentParser
import Foundation
import TextSupport

/// An error as the user sees it: what failed, what to do, and the exit code.
struct Failure {
    /// The kind of error, for scripts; stable across versions.
    let identifier: String
    let message: String
    let hint: String?
    let exitStatus: ExitStatus

    init(_ error: any Error) {
        switch error {
        case let error as any ReportedError: self.init(error, hint: error.suggestion)
        case let error as HintedError: self.init(error.error, hint: error.hint)
        case let error as Interruption: self.init(error.reported)
        case is CancellationError: self.init(CommandError(.interrupted, "interrupted"))
        default: self.init(CommandError(.unexpected, "\(error)"))
        }
    }

    /// The failure of a command whose arguments the parser rejected, or that failed while it ran.
    init(_ error: any Error, of command: CommandPath) {
        self.init(
            BQPull.exitCode(for: error) == .validationFailure
                ? CommandError(.usage, BQPull.message(for: error), hint: "\(command.text) --help") : error)
    }

    private init(_ error: any ReportedError, hint: String?) {
        identifier = "\(error.code)"
        message = error.message
        self.hint = hint
        exitStatus = error.exitStatus
    }
}
