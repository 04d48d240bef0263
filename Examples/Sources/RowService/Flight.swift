import GRDB
import Hummingbird

/// A row of the staged table; its columns are those of the query.
struct Flight: Codable, FetchableRecord, ResponseEncodable {
    var carrier: String
    var flight: Int64
    var origin: String
    var dest: String
    /// `nil` if the flight was cancelled.
    var depDelay: Int64?
    /// Text such as `2013-01-01T10:00:00.000000Z`, whose order is the order of time.
    var timeHour: String

    static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }

    /// Returns the first flights by time, from one airport or, if `origin` is `nil`, from all.
    static func fetch(from origin: String?, limit: Int, _ db: Database) throws -> [Flight] {
        try fetchAll(
            db,
            sql: """
                SELECT carrier, flight, origin, dest, dep_delay, time_hour FROM flights
                WHERE origin = coalesce(?, origin) ORDER BY time_hour, carrier, flight LIMIT ?
                """,
            arguments: [origin, limit])
    }
}
