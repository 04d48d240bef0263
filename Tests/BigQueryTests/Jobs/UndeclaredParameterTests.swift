import BigQuery
import TestSupport
import Testing

@Suite struct UndeclaredParameterTests {
    private static func dryRun(_ parameters: String) -> ScriptedTransport.Reply {
        .answer(
            200,
            #"""
            {"jobReference":{"location":"US"},"status":{"state":"DONE"},
             "statistics":{"query":{"statementType":"SELECT","undeclaredQueryParameters":\#(parameters)}}}
            """#
        )
    }

    private static func parameters(_ json: String) async throws -> [UndeclaredParameter] {
        try await scriptedClient(ScriptedTransport([dryRun(json)])).dryRun(QueryRequest("SELECT @p"))
            .undeclaredParameters
    }

    @Test(
        arguments: [
            (#"{"type":"TIMESTAMP"}"#, .timestamp), (#"{"type":"INTEGER"}"#, .int64),
            (#"{"type":"ARRAY","arrayType":{"type":"DATE"}}"#, .array(.date)),
            (#"{"type":"RANGE","rangeElementType":{"type":"DATE"}}"#, .range(.date)),
            (#"{"type":"VECTOR"}"#, .unknown("VECTOR")), (#"{"type":"ARRAY"}"#, .unknown("ARRAY")),
            (#"{"type":"STRUCT","structTypes":[{"type":{"type":"DATE"}}]}"#, .unknown("STRUCT")),
            ("{}", .unknown("")), ("null", .unknown("")), ("7", .unknown("")),
        ] as [(String, ParameterType)])
    func hasTheReportedType(json: String, type: ParameterType) async throws {
        let parameters = try await Self.parameters(#"[{"name":"p","parameterType":\#(json),"parameterValue":{}}]"#)
        #expect(parameters == [UndeclaredParameter(name: "p", type: type)])
    }

    @Test func keepsTheOrder() async throws {
        let parameters = try await Self.parameters(
            #"[{"name":"b","parameterType":{"type":"DATE"}},{"name":"a","parameterType":{"type":"STRING"}}]"#)
        #expect(parameters.map(\.name) == ["b", "a"])
    }

    @Test(arguments: [
        "null", "[]", "{}", "7", #"[null, 7, {"name":""}, {"parameterType":{"type":"DATE"}}, {"name":7}]"#,
    ])
    func isIgnoredWithoutAName(json: String) async throws {
        #expect(try await Self.parameters(json) == [])
    }
}
