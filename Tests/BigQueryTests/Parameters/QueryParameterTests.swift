import BigQuery
import Foundation
import Testing

@Suite struct QueryParameterTests {
    @Test(arguments: [
        ("n:INT64:5", #"{"name":"n","parameterType":{"type":"INT64"},"parameterValue":{"value":"5"}}"#),
        ("n:int64:5", #"{"name":"n","parameterType":{"type":"INT64"},"parameterValue":{"value":"5"}}"#),
        ("n:Integer:5", #"{"name":"n","parameterType":{"type":"INT64"},"parameterValue":{"value":"5"}}"#),
        (":STRING:a:b", #"{"parameterType":{"type":"STRING"},"parameterValue":{"value":"a:b"}}"#),
        ("s::text", #"{"name":"s","parameterType":{"type":"STRING"},"parameterValue":{"value":"text"}}"#),
        ("s:STRING:", #"{"name":"s","parameterType":{"type":"STRING"},"parameterValue":{"value":""}}"#),
        ("s:STRING:NULL", #"{"name":"s","parameterType":{"type":"STRING"},"parameterValue":{"value":"NULL"}}"#),
        ("d:DATE:NULL", #"{"name":"d","parameterType":{"type":"DATE"},"parameterValue":{"value":null}}"#),
        (
            "t:TIMESTAMP:2024-01-01 00:00:00+00",
            #"{"name":"t","parameterType":{"type":"TIMESTAMP"},"parameterValue":{"value":"2024-01-01 00:00:00+00"}}"#
        ),
        (
            "a:ARRAY<INT64>:[1, 9223372036854775807]",
            #"{"name":"a","parameterType":{"type":"ARRAY","arrayType":{"type":"INT64"}},"parameterValue":{"arrayValues":[{"value":"1"},{"value":"9223372036854775807"}]}}"#
        ),
        (
            "a:ARRAY<STRING>:[]",
            #"{"name":"a","parameterType":{"type":"ARRAY","arrayType":{"type":"STRING"}},"parameterValue":{"arrayValues":[]}}"#
        ),
        (
            "a:ARRAY<NUMERIC>:[0.1]",
            #"{"name":"a","parameterType":{"type":"ARRAY","arrayType":{"type":"NUMERIC"}},"parameterValue":{"arrayValues":[{"value":"0.1"}]}}"#
        ),
        (
            #"p:STRUCT<name STRING, age INT64>:{"name":"Ann","age":7}"#,
            #"{"name":"p","parameterType":{"type":"STRUCT","structTypes":[{"name":"name","type":{"type":"STRING"}},{"name":"age","type":{"type":"INT64"}}]},"parameterValue":{"structValues":{"age":{"value":"7"},"name":{"value":"Ann"}}}}"#
        ),
        (
            #"p:STRUCT<ok BOOL, days ARRAY<DATE>>:{"ok":true}"#,
            #"{"name":"p","parameterType":{"type":"STRUCT","structTypes":[{"name":"ok","type":{"type":"BOOL"}},{"name":"days","type":{"type":"ARRAY","arrayType":{"type":"DATE"}}}]},"parameterValue":{"structValues":{"days":{"value":null},"ok":{"value":"true"}}}}"#
        ),
        (
            "r:RANGE<DATE>:[2020-01-01, UNBOUNDED)",
            #"{"name":"r","parameterType":{"type":"RANGE","rangeElementType":{"type":"DATE"}},"parameterValue":{"rangeValue":{"start":{"value":"2020-01-01"},"end":{"value":null}}}}"#
        ),
    ])
    func encodesTheWireForm(text: String, expected: String) throws {
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(QueryParameter(parsing: text)))
        let wanted = try JSONSerialization.jsonObject(with: Data(expected.utf8))
        #expect(encoded as? NSDictionary == wanted as? NSDictionary)
    }

    @Test func acceptsTypesAsDeepAsBigQueryAllows() throws {
        let type = String(repeating: "STRUCT<a ", count: 15) + "INT64" + String(repeating: ">", count: 15)
        #expect(throws: Never.self) { try QueryParameter(parsing: "p:\(type):NULL") }
    }

    @Test(arguments: ["ARRAY<", "STRUCT<a ", "RANGE<"], [101, 15_000, 1_000_000])
    func rejectsTypesThatAreTooDeep(opening: String, depth: Int) {
        let type = String(repeating: opening, count: depth) + "INT64" + String(repeating: ">", count: depth)
        let error = #expect(throws: BigQueryError.self) { try QueryParameter(parsing: "p:\(type):NULL") }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        "", "name", "name:INT64", "a:ARRAY<INT64:[1]", "a:ARRAY:[1]", "a:ARRAY<INT64>:1", "a:ARRAY<INT64>:[[1]]",
        "a:STRUCT<x>:{}", #"a:STRUCT<x INT64>:{"y":1}"#, "a:RANGE<DATE>:2020", "a:INT64 5", "a:ARRAY<INT64>x:[1]",
        #"a:STRUCT<x INT64>:{"x":1,"x":2}"#,
    ])
    func rejectsInvalidParameters(text: String) {
        let error = #expect(throws: BigQueryError.self) { try QueryParameter(parsing: text) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail == .invalidParameter)
    }

    @Test(
        arguments: [
            ("INT", .int64), ("SMALLINT", .int64), ("INTEGER", .int64), ("BIGINT", .int64), ("TINYINT", .int64),
            ("BYTEINT", .int64), ("FLOAT", .float64), ("DECIMAL", .numeric), ("BIGDECIMAL", .bignumeric),
            ("BOOLEAN", .bool), ("GEOGRAPHY", .geography), ("INTERVAL", .interval), ("time", .time),
        ] as [(String, ParameterType)])
    func acceptsAliases(name: String, type: ParameterType) throws {
        #expect(try QueryParameter(parsing: "x:\(name):1").value == ParameterValue(text: "1", type: type))
    }

    @Test(
        arguments: [
            ("INT46", "INT46", "INT64"), ("ARRAY<STRNG>", "STRNG", "STRING"), ("STRUCT<a DATTE>", "DATTE", "DATE"),
            ("ARAY<INT64>", "ARAY", "ARRAY"), ("ROMAN", "ROMAN", nil), ("RANGE<\u{1B}DATE>", nil, nil),
        ] as [(String, String?, String?)])
    func rejectsUnknownTypes(type: String, unknown: String?, similarName: String?) throws {
        let error = try #require(throws: BigQueryError.self) { try QueryParameter(parsing: "x:\(type):1") }
        #expect(error.code == .invalidRequest)
        guard let unknown else { return #expect(error.detail == .invalidParameter) }
        #expect(error.message.hasSuffix("is not valid: unknown type \(unknown)"))
        #expect(error.detail == .unknownParameterType(similarName: similarName))
    }
}
