import ArgumentParser
import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GoogleHTTP
import GoogleOAuth
import SQLiteStaging

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
        case let error as PullError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as BigQueryError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as RowsError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as StagingError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as OAuthError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as HTTPError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
        case let error as EmulatorError:
            self.init("\(error.code)", error.message, error.hint, Self.exitStatus(error.code))
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

    static func exitStatus(_ code: PullError.Code) -> ExitStatus {
        switch code {
        case .notAQuery, .notIncremental, .notContinuable, .nothingToMeasure: .usage
        case .tableChanges: .later
        default: .badData
        }
    }

    static func exitStatus(_ code: BigQueryError.Code) -> ExitStatus {
        switch code {
        case .invalidRequest, .notAQuery, .notATable: .usage
        case .permissionDenied, .unauthenticated, .projectNotFound, .missingScope, .apiDisabled, .billingDisabled:
            .permission
        case .quotaExceeded, .resultExpired, .waitTooLong: .later
        case .rateLimited, .unavailable: .unavailable
        case .foreignJob: .badData
        case .unexpectedAnswer: .remoteProtocol
        default: .queryFailed
        }
    }

    static func exitStatus(_ code: RowsError.Code) -> ExitStatus {
        switch code {
        case .unsupportedEncoding, .corruptBody: .remoteProtocol
        default: .badData
        }
    }

    static func exitStatus(_ code: StagingError.Code) -> ExitStatus {
        switch code {
        case .databaseUnusable, .targetExists, .schemaMismatch, .notEnoughSpace: .cannotCreate
        case .noDatabase: .inputMissing
        case .invalidName, .noColumns, .noKey, .unknownColumn, .noRun: .usage
        case .tooManyColumns, .valueTooLarge, .keyViolated, .constraintViolated, .incomplete: .badData
        case .busy, .targetInUse, .superseded: .later
        case .outOfResources: .systemLimit
        case .unexpected: .unexpected
        default: .localIO
        }
    }

    static func exitStatus(_ code: OAuthError.Code) -> ExitStatus {
        switch code {
        case .credentialsMissing, .noPendingConsent: .inputMissing
        case .credentialsInvalid, .unsafePermissions, .untrustedTokenURI, .requestRejected, .redirectMismatch,
            .wrongClock:
            .configuration
        case .serviceUnavailable: .unavailable
        case .unexpectedAnswer: .remoteProtocol
        case .wrongState, .noCode: .badData
        case .cannotListen: .systemLimit
        case .cannotStore: .localIO
        case .fileExists: .cannotCreate
        case .noClientSecret: .usage
        case .storeLocked: .later
        default: .permission
        }
    }

    static func exitStatus(_ code: EmulatorError.Code) -> ExitStatus {
        switch code {
        case .unreadableFile: .inputMissing
        case .invalidData: .badData
        case .cannotWrite: .cannotCreate
        default: .systemLimit
        }
    }

    static func exitStatus(_ code: HTTPError.Code) -> ExitStatus {
        switch code {
        case .invalidEndpoint, .insecureEndpoint, .proxy, .wrongClock: .configuration
        case .untrustedServer, .redirected, .protocolViolation: .remoteProtocol
        case .unusableAuthorities: .inputMissing
        case .bodyTooLarge: .badData
        default: .unavailable
        }
    }
}

/// An error of the command line itself.
struct CommandError: Error {
    var identifier = "usage"
    var message: String
    var exitStatus: ExitStatus
    var hint: String?

    static let noProject = CommandError(
        identifier: "noProject", message: "no project is known that runs and pays for queries", exitStatus: .usage,
        hint: "give --project ID, or set it once for all: bqpull config project ID"
    )
}
