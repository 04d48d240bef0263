import BigQuery
import Foundation
import SQLiteStaging
import TextSupport

/// Identifies a pull of a query, apart from table, mode and key of its target, which the database compares itself.
///
/// Stored as canonical JSON. Members without a value are omitted, so that the text of a plain pull is the same in every
/// version.
struct QueryCommand: Codable {
    /// A lookback on the wire.
    struct Lookback: Codable {
        var number: Int64?
        var seconds: Int64?
        var attoseconds: Int64?
    }

    var project: String
    var location: String?
    /// As typed; of a load, without what does not change it.
    var sql: String
    var parameters: [QueryParameter]
    var useLegacySQL: Bool
    var incrementalColumn: String?
    var load: String?
    /// `beginning`, or the value as given.
    var since: String?
    var until: String?
    var lookback: Lookback?
    var loadColumn: String?
    var loadedAt: String?
    var latest: String?

    init(_ pull: QueryPull, into target: StagingTarget) throws {
        project = pull.client.configuration.project
        location = pull.query.location
        parameters = try pull.query.parameters.validated()
        useLegacySQL = pull.query.useLegacySQL
        incrementalColumn = pull.incrementalColumn?.lowercased()
        load = try pull.loadOptions().name(into: target)?.lowercased()
        sql = load == nil ? pull.query.sql : SQLText(pull.query.sql).normalized
        since = pull.since.map(\.text)
        until = pull.until
        lookback = pull.lookback.map(Lookback.init)
        loadColumn = target.loadColumn?.lowercased()
        loadedAt = target.loadedAtColumn?.lowercased()
        latest = target.latestColumn?.lowercased()
    }

    /// Decodes the text of a recorded run; `nil` if another program wrote it.
    init?(text: String) {
        guard let command = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
        self = command
    }

    func text() throws -> String { try JSONEncoder.canonical.text(self) }
}

extension LowerBound {
    fileprivate static let beginningText = "beginning"

    fileprivate var text: String {
        switch self {
        case .beginning: Self.beginningText
        case .value(let text): text
        }
    }

    /// The bound of a recorded command.
    init(recorded text: String) {
        self = text == Self.beginningText ? .beginning : .value(text)
    }
}

extension QueryCommand.Lookback {
    fileprivate init(_ lookback: Lookback) {
        switch lookback {
        case .number(let number): self.init(number: number)
        case .duration(let duration):
            // Longer than the range of any type.
            let (seconds, attoseconds) = min(duration, .seconds(Int64.max)).components
            self.init(seconds: seconds, attoseconds: attoseconds == 0 ? nil : attoseconds)
        }
    }

    /// The lookback; `nil` without a value.
    var value: SQLiteStaging.Lookback? {
        if let number { return .number(number) }
        return seconds.map { .duration(Duration(secondsComponent: $0, attosecondsComponent: attoseconds ?? 0)) }
    }
}
