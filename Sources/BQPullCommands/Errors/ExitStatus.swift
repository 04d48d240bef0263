/// The exit codes of bqpull; above 63 they are those of `sysexits.h`.
enum ExitStatus: Int32, CaseIterable {
    case unexpected = 1
    case queryFailed = 3
    case usage = 64
    case badData = 65
    case inputMissing = 66
    case unavailable = 69
    case systemLimit = 71
    case cannotCreate = 73
    case localIO = 74
    case later = 75
    case remoteProtocol = 76
    case permission = 77
    case configuration = 78
    case hungUp = 129
    case interrupted = 130
    case terminated = 143

    /// What it says of the command that ended with it.
    var meaning: String {
        switch self {
        case .unexpected: "something that must not happen: a bug"
        case .queryFailed: "the query was refused or failed"
        case .usage: "the command line is not as it should be"
        case .badData: "what the service sent is wrong or contradicts itself"
        case .inputMissing: "a file of SQL or credentials is missing"
        case .unavailable: "the service cannot be reached, or is in trouble"
        case .systemLimit: "a limit of the operating system"
        case .cannotCreate: "a file cannot be created, opened or written, or its disk is too small"
        case .localIO: "reading or writing a local file failed"
        case .later: "it will work later: a quota, a lock, an expired result"
        case .remoteProtocol: "what answers is not the service: TLS, redirects, HTML"
        case .permission: "credentials or permissions"
        case .configuration: "the configuration, or permissions of its files"
        case .hungUp: "interrupted by SIGHUP, the end of the terminal"
        case .interrupted: "interrupted by SIGINT, Ctrl-C"
        case .terminated: "interrupted by SIGTERM"
        }
    }
}
