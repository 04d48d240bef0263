/// The exit codes of bqpull; above 63 they are those of `sysexits.h`.
enum ExitStatus: Int32 {
    /// Something that must not happen: a bug.
    case unexpected = 1
    /// The query was refused or failed.
    case queryFailed = 3
    case usage = 64
    /// What the service sent is wrong or contradicts itself.
    case badData = 65
    /// A file of SQL or credentials is missing.
    case inputMissing = 66
    /// The service could not be reached or was in trouble until the end of all repetitions.
    case unavailable = 69
    /// A limit of the operating system.
    case systemLimit = 71
    /// The staging database cannot be created, opened or written to under this name.
    case cannotCreate = 73
    case localIO = 74
    /// It will work later: a quota, a lock, an expired result.
    case later = 75
    /// What answers is not the service: TLS, redirects, HTML.
    case remoteProtocol = 76
    case permission = 77
    case configuration = 78
    case hungUp = 129
    case interrupted = 130
    case terminated = 143
}
