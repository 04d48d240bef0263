/// The exit codes of bqpull: those of `sysexits.h` from 64 on, and 128 plus the number of a signal.
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

    /// The meaning that `bqpull help errors` prints.
    var meaning: String {
        switch self {
        case .unexpected: "internal error (a bug)"
        case .queryFailed: "the query was rejected or failed"
        case .usage: "invalid command line"
        case .badData: "the data is invalid or inconsistent"
        case .inputMissing: "an input file is missing or unreadable"
        case .unavailable: "the service is unreachable or failing"
        case .systemLimit: "an operating system limit was reached"
        case .cannotCreate: "a file cannot be created, opened or written"
        case .localIO: "reading or writing a local file failed"
        case .later: "temporary: a quota, a lock, an expired result"
        case .remoteProtocol: "the response is not from the service: TLS, redirects, HTML"
        case .permission: "credentials rejected, or permissions missing"
        case .configuration: "invalid configuration, or permissions of its files"
        case .hungUp: "interrupted by SIGHUP (terminal closed)"
        case .interrupted: "interrupted by SIGINT (Ctrl-C)"
        case .terminated: "interrupted by SIGTERM"
        }
    }
}
