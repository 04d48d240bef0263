import Logging

/// Log lines on standard error, for `--verbose`.
struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .error

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        event.level > .info ? Diagnostics.warning("\(event.message)") : Diagnostics.debug("\(event.message)")
    }
}
