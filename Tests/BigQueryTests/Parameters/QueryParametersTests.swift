import BigQuery
import Foundation
import TestSupport
import Testing

@Suite struct QueryParametersTests {
    private func client() throws -> BigQueryClient { try scriptedClient(ScriptedTransport([])) }

    /// The JSON of the only parameter of a query.
    private func sent(_ parameters: QueryParameters) throws -> Data {
        let configuration = try client().jobConfiguration(QueryRequest("SELECT 1", parameters: parameters))
        let json = try #require(JSONSerialization.jsonObject(with: Data(configuration.utf8)) as? [String: Any])
        let query = try #require(json["query"] as? [String: Any])
        let list = try #require(query["queryParameters"] as? [[String: Any]])
        #expect(list.count == 1)
        return try JSONSerialization.data(withJSONObject: try #require(list.first))
    }

    private struct Scalar: Decodable, Equatable {
        struct Named: Decodable, Equatable { var type: String }
        struct Content: Decodable, Equatable { var value: String? }

        var name: String?
        var parameterType: Named
        var parameterValue: Content
    }

    @Test(
        arguments: [
            (.int64(.min), "INT64", "-9223372036854775808"), (5, "INT64", "5"),
            (.float64(0.1), "FLOAT64", "0.1"), (-0.0, "FLOAT64", "-0.0"), (.float64(.nan), "FLOAT64", "NaN"),
            (.float64(.infinity), "FLOAT64", "Infinity"), (.float64(-.infinity), "FLOAT64", "-Infinity"),
            (1.5, "FLOAT64", "1.5"),
            (.bool(false), "BOOL", "false"), (true, "BOOL", "true"),
            (.string("it's \"é\"\0"), "STRING", "it's \"é\"\0"), ("NULL", "STRING", "NULL"), ("", "STRING", ""),
            (.bytes([0xFF, 0x00]), "BYTES", "/wA="), (.bytes([]), "BYTES", ""), (.bytes(Data([1])), "BYTES", "AQ=="),
            (.numeric("-1.10"), "NUMERIC", "-1.10"), (.bignumeric("1e-38"), "BIGNUMERIC", "1e-38"),
            (.date("2024-01-31"), "DATE", "2024-01-31"), (.time("03:04:05.000006"), "TIME", "03:04:05.000006"),
            (.datetime("2024-01-31T03:04:05"), "DATETIME", "2024-01-31T03:04:05"),
            (.timestamp("2024-01-31 00:00:00+01"), "TIMESTAMP", "2024-01-31 00:00:00+01"),
            (.json(#"{"a":1}"#), "JSON", #"{"a":1}"#), (.geography("POINT(1 2)"), "GEOGRAPHY", "POINT(1 2)"),
            (.interval("1-2 3 4:5:6.789"), "INTERVAL", "1-2 3 4:5:6.789"),
            (.null(of: .int64), "INT64", nil), (.null(of: .string), "STRING", nil),
        ] as [(ParameterValue, String, String?)])
    func encodesScalars(value: ParameterValue, type: String, text: String?) throws {
        var expected = Scalar(parameterType: .init(type: type), parameterValue: .init(value: text))
        #expect(try JSONDecoder().decode(Scalar.self, from: sent([value])) == expected)
        expected.name = "x"
        #expect(try JSONDecoder().decode(Scalar.self, from: sent(["x": value])) == expected)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_706_659_199.123456, "2024-01-30T23:59:59.123456Z"),
            (-0.000001, "1969-12-31T23:59:59.999999Z"), (0.0000004, "1970-01-01T00:00:00.000000Z"),
            (-12_219_292_801, "1582-10-14T23:59:59.000000Z"), (-62_135_596_800, "0001-01-01T00:00:00.000000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000000Z"),
        ] as [(TimeInterval, String)])
    func encodesDatesAsTimestamps(seconds: TimeInterval, text: String) throws {
        let value = ParameterValue.timestamp(Date(timeIntervalSince1970: seconds))
        let parameter = try JSONDecoder().decode(Scalar.self, from: sent([value]))
        #expect(parameter.parameterType.type == "TIMESTAMP")
        #expect(parameter.parameterValue.value == text)
    }

    @Test(
        arguments: [
            (
                .array([1, 2]), #"{"type":"ARRAY","arrayType":{"type":"INT64"}}"#,
                #"{"arrayValues":[{"value":"1"},{"value":"2"}]}"#
            ),
            (
                .array(["a", .null(of: .string)]), #"{"type":"ARRAY","arrayType":{"type":"STRING"}}"#,
                #"{"arrayValues":[{"value":"a"},{"value":null}]}"#
            ),
            (.array([], of: .date), #"{"type":"ARRAY","arrayType":{"type":"DATE"}}"#, #"{"arrayValues":[]}"#),
            (
                .null(of: .array(.int64)), #"{"type":"ARRAY","arrayType":{"type":"INT64"}}"#, #"{"value":null}"#
            ),
            (
                .struct(["name": "Ann", "age": 7]),
                #"{"type":"STRUCT","structTypes":[{"name":"name","type":{"type":"STRING"}},{"name":"age","type":{"type":"INT64"}}]}"#,
                #"{"structValues":{"name":{"value":"Ann"},"age":{"value":"7"}}}"#
            ),
            (
                .array([.struct(["b": .bool(true)])]),
                #"{"type":"ARRAY","arrayType":{"type":"STRUCT","structTypes":[{"name":"b","type":{"type":"BOOL"}}]}}"#,
                #"{"arrayValues":[{"structValues":{"b":{"value":"true"}}}]}"#
            ),
            (
                .array([], of: .struct([.init(name: "d", type: .array(.date))])),
                #"{"type":"ARRAY","arrayType":{"type":"STRUCT","structTypes":[{"name":"d","type":{"type":"ARRAY","arrayType":{"type":"DATE"}}}]}}"#,
                #"{"arrayValues":[]}"#
            ),
            (
                .range(from: .date("2024-01-01"), to: nil), #"{"type":"RANGE","rangeElementType":{"type":"DATE"}}"#,
                #"{"rangeValue":{"start":{"value":"2024-01-01"},"end":{"value":null}}}"#
            ),
            (
                .range(from: nil, to: .datetime("2024-01-01T00:00:00")),
                #"{"type":"RANGE","rangeElementType":{"type":"DATETIME"}}"#,
                #"{"rangeValue":{"start":{"value":null},"end":{"value":"2024-01-01T00:00:00"}}}"#
            ),
            (
                .range(from: .timestamp(Date(timeIntervalSince1970: 0)), to: .timestamp("2024-01-01T00:00:00Z")),
                #"{"type":"RANGE","rangeElementType":{"type":"TIMESTAMP"}}"#,
                #"{"rangeValue":{"start":{"value":"1970-01-01T00:00:00.000000Z"},"end":{"value":"2024-01-01T00:00:00Z"}}}"#
            ),
            (
                .range(from: nil, to: nil, of: .date), #"{"type":"RANGE","rangeElementType":{"type":"DATE"}}"#,
                #"{"rangeValue":{"start":{"value":null},"end":{"value":null}}}"#
            ),
        ] as [(ParameterValue, String, String)])
    func encodesNestedTypes(value: ParameterValue, type: String, content: String) throws {
        let expected = #"{"name":"x","parameterType":\#(type),"parameterValue":\#(content)}"#
        let wanted = try JSONSerialization.jsonObject(with: Data(expected.utf8))
        let encoded = try JSONSerialization.jsonObject(with: sent(["x": value]))
        #expect(encoded as? NSDictionary == wanted as? NSDictionary)
    }

    @Test func keepsTheOrder() throws {
        var parameters: QueryParameters = ["b": 1, "a": 2]
        parameters.append(3, named: "C")
        let query = QueryRequest("SELECT @a", parameters: parameters)
        let stored = try client().jobConfiguration(query)
        #expect(try QueryRequest(jobConfiguration: stored, location: nil) == query)
        #expect(query.parameters.elements.map(\.name) == ["b", "a", "C"])
        #expect(stored.contains(#""parameterMode":"NAMED""#))
        var positional: QueryParameters = []
        positional.append("x")
        let other = try client().jobConfiguration(QueryRequest("SELECT ?", parameters: positional))
        #expect(other.contains(#""parameterMode":"POSITIONAL""#))
        #expect(try !client().jobConfiguration(QueryRequest("SELECT 1")).contains("arameter"))
    }

    /// A job configuration as earlier versions stored it.
    @Test func continuesStoredTypesThatAreUnknown() throws {
        let stored = #"""
            {"query":{"parameterMode":"NAMED","priority":"INTERACTIVE","query":"SELECT @x, @y","queryParameters":\#
            [{"name":"x","parameterType":{"type":"ROMAN"},"parameterValue":{"value":"XII"}},\#
            {"name":"y","parameterType":{"arrayType":{"type":"INT64"},"type":"ARRAY"},\#
            "parameterValue":{"arrayValues":[{"value":"1"}]}}],"useLegacySql":false,"useQueryCache":true}}
            """#
        let query = try QueryRequest(jobConfiguration: stored, location: nil)
        #expect(query.parameters.elements.map(\.value) == [.init(text: "XII", type: .unknown("ROMAN")), .array([1])])
        #expect(try client().jobConfiguration(query) == stored)
    }

    private static let late = Date(timeIntervalSince1970: 253_402_300_800)

    @Test(
        arguments: [
            (["x": .array([])], "the parameter @x is not valid: the element type of the ARRAY is missing"),
            (
                [.date("2024-01-01"), .array([1, "a"])],
                "the parameter 2 is not valid: the ARRAY of INT64 contains a value of type STRING"
            ),
            (
                ["x": .array([1], of: .float64)],
                "the parameter @x is not valid: the ARRAY of FLOAT64 contains a value of type INT64"
            ),
            (
                ["x": .array([.struct(["a": 1]), .struct(["a": "b"])])],
                "the parameter @x is not valid: the ARRAY of STRUCT<a INT64> contains a value of type STRUCT<a STRING>"
            ),
            (
                ["x": .struct(["a": .array([])])],
                "the parameter @x is not valid: the element type of the ARRAY is missing"
            ),
            (["x": .struct(["a": 1, "a": 2])], "the parameter @x is not valid: the STRUCT has two fields a"),
            (
                ["x": .range(from: nil, to: nil)],
                "the parameter @x is not valid: the element type of the RANGE is missing"
            ),
            (
                ["x": .range(from: .date("2024-01-01"), to: "2024-01-02")],
                "the parameter @x is not valid: the RANGE of DATE contains a value of type STRING"
            ),
            (["x": .range(from: 1, to: 2)], "the parameter @x is not valid: a RANGE of INT64 does not exist"),
            (
                ["x": .timestamp(late)],
                "the parameter @x is not valid: the time is outside the range of TIMESTAMP"
            ),
            (
                ["x": .timestamp(Date(timeIntervalSince1970: .nan))],
                "the parameter @x is not valid: the time is outside the range of TIMESTAMP"
            ),
            (
                ["x": .array([.array([1]), .array([2])])],
                "the parameter @x is not valid: an ARRAY of ARRAY<INT64> does not exist"
            ),
            (
                ["x": .array([], of: .array(.date))],
                "the parameter @x is not valid: an ARRAY of ARRAY<DATE> does not exist"
            ),
            (["": 1], #"the parameter name "" is empty or begins with @"#),
            (["@day": 1], #"the parameter name "@day" is empty or begins with @"#),
            (["day": 1, "Day": 2], "duplicate parameter @Day"),
            (["x": 1, "y\u{1B}[2J": .array([])], #"the parameter @y\u{1b}[2J is not valid"#),
        ] as [(QueryParameters, String)])
    func rejectsInvalidParameters(parameters: QueryParameters, message: String) async throws {
        let transport = ScriptedTransport([])
        let query = QueryRequest("SELECT @x", parameters: parameters)
        let error = await #expect(throws: BigQueryError.self) { try await scriptedClient(transport).dryRun(query) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        #expect(transport.requests.isEmpty)
    }

    @Test func rejectsNamedAndPositionalParametersTogether() throws {
        var parameters: QueryParameters = ["day": 1]
        parameters.append(2)
        let query = QueryRequest("SELECT @day, ?", parameters: parameters)
        let error = try #require(throws: BigQueryError.self) { try client().jobConfiguration(query) }
        #expect(error.message == "some parameters are named and others are positional")
    }
}
