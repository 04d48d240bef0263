import Foundation
import Hummingbird

/// A request to the API.
struct APICall: Sendable {
    let path: Parameters
    /// The query parameters; repeated ones are joined by commas.
    let parameters: [String: String]
    let body: JSONObject
    /// The format of the response.
    let form: ResponseForm

    /// A path parameter, percent-decoded.
    func pathID(_ name: String) -> String {
        path.get(name)?.removingPercentEncoding ?? ""
    }

    func integer(_ name: String) throws(ServiceError) -> Int64? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int64(text), value >= 0 else { throw Self.invalid(name, text) }
        return value
    }

    func flag(_ name: String) throws(ServiceError) -> Bool? {
        guard let text = parameters[name] else { return nil }
        guard let value = Bool(text.lowercased()) else { throw Self.invalid(name, text) }
        return value
    }

    private static func invalid(_ name: String, _ text: String) -> ServiceError {
        ServiceError(
            .invalidParameter, "Invalid value '\(text.prefix(80))' for parameter \(name)", location: name,
            locationType: "parameter")
    }

    /// The requested timestamp format.
    func timestampFormat() throws(ServiceError) -> RESTRowEncoder.TimestampFormat {
        try Self.timestampFormat(
            microseconds: flag("formatOptions.useInt64Timestamp"),
            name: parameters["formatOptions.timestampOutputFormat"])
    }

    static func timestampFormat(microseconds: Bool?, name: String?) throws(ServiceError)
        -> RESTRowEncoder.TimestampFormat
    {
        switch name {
        case nil, "TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED": return microseconds == true ? .microseconds : .float
        case _ where microseconds == true:
            throw ServiceError(.invalid, "Cannot specify both use_int64_timestamp and timestamp_output_format")
        case "FLOAT64": return .float
        case "INT64": return .microseconds
        case "ISO8601_STRING": return .iso8601
        case let name?: throw invalid("formatOptions.timestampOutputFormat", name)
        }
    }
}
