import BigQueryRows
import TestSupport
import Testing

@Suite("STRUCT and ARRAY cells")
struct NestedCellTests {
    typealias Field = TableSchema.Field

    private static func field(
        _ name: String, _ type: FieldType, repeated: Bool = false, _ fields: [Field] = []
    ) -> Field {
        Field(name: name, type: type, mode: repeated ? .repeated : .nullable, fields: fields)
    }

    @Test(
        arguments: [
            (.string, #"[{"v":"alpha"},{"v":"beta"},{"v":"gamma"}]"#, #"["alpha","beta","gamma"]"#),
            (.string, #"[{"v":"Hello"},{"v":null},{"v":""}]"#, #"["Hello",null,""]"#),
            (.int64, #"[{"v":"1"},{"v":"2"},{"v":"3"}]"#, "[1,2,3]"),
            (.int64, #"[{"v":"2"}]"#, "[2]"),
            (
                .int64, #"[{"v":"-9223372036854775808"},{"v":"007"},{"v":"-0"},{"v":"-00"},{"v":5}]"#,
                "[-9223372036854775808,7,0,0,5]"
            ),
            (.float64, #"[{"v":"1.0"},{"v":"1.41"}]"#, "[1.0,1.41]"),
            (
                .float64, #"[{"v":"1E5"},{"v":"-0.0"},{"v":1.50},{"v":"3.14159e-87"}]"#,
                "[1E5,-0.0,1.50,3.14159e-87]"
            ),
            (.float64, #"[{"v":"NaN"},{"v":"inf"},{"v":"-Infinity"}]"#, #"["NaN","Infinity","-Infinity"]"#),
            (.bool, #"[{"v":"true"},{"v":"F"},{"v":true}]"#, "[true,false,true]"),
            (.bytes, #"[{"v":"Zm9v"},{"v":""},{"v":"\/\/\/\/"}]"#, #"["Zm9v","","////"]"#),
            (
                .timestamp, #"[{"v":"1458486245.0"},{"v":"1458486245000000"}]"#,
                #"["2016-03-20T15:04:05.000000Z","2016-03-20T15:04:05.000000Z"]"#
            ),
            (.numeric, #"[{"v":"1.50"},{"v":2.50}]"#, #"["1.50","2.50"]"#),
            (
                .bignumeric, #"[{"v":"0.00000000000000000000000000000000000001"}]"#,
                #"["0.00000000000000000000000000000000000001"]"#
            ),
            (
                .json, #"[{"v":"{\"a\": [1, null]}"},{"v":"\"\""},{"v":"1e400"},{"v":"null"},{"v":7}]"#,
                #"[{"a": [1, null]},"",1e400,null,7]"#
            ),
            (.geography, #"[{"v":"POINT(1 2)"}]"#, #"["POINT(1 2)"]"#),
            (.date, #"[{"v":"2016-03-20"}]"#, #"["2016-03-20"]"#),
            (.time, #"[{"v":"15:04:05"}]"#, #"["15:04:05"]"#),
            (.datetime, #"[{"v":"2016-03-20T15:04:05"}]"#, #"["2016-03-20T15:04:05"]"#),
            (.interval, #"[{"v":"0-0 0 0:0:59.1"}]"#, #"["0-0 0 0:0:59.1"]"#),
            (.range, #"[{"v":"[2020-01-01, UNBOUNDED)"}]"#, #"["[2020-01-01, UNBOUNDED)"]"#),
            (.unknown("ODD"), #"[{"v":"x"},{"v":true},{"v":1.0}]"#, #"["x","true","1.0"]"#),
            (.int64, "[ ]", "[]"),
            (.int64, " [ { \"v\" : \"1\" } , { \"extra\" : [{}] , \"v\" : 2 , \"w\" : 0 } ] ", "[1,2]"),
        ] as [(FieldType, String, String)])
    func storesArraysAsJSON(type: FieldType, json: String, stored: String) throws {
        #expect(try decodeCell(Self.field("c", type, repeated: true), json) == .text(stored))
    }

    @Test(arguments: [
        (#"\"\\\/\b\f\n\r\t"#, #"\"\\/\b\f\n\r\t"#),
        (#"\u0000\u001f\u001F\u000b\u0010"#, #"\u0000\u001f\u001f\u000b\u0010"#),
        (#"\u0041é\u00e9"#, "Aéé"), (#"\ud83d\ude00"#, "😀"), ("\u{7F}\u{2028}", "\u{7F}\u{2028}"),
        (#"0123456789\n0123456789"#, #"0123456789\n0123456789"#),
    ])
    func escapesStringsMinimally(json: String, stored: String) throws {
        let cell = try decodeCell(Self.field("c", .string, repeated: true), "[{\"v\":\"\(json)\"}]")
        #expect(cell == .text("[\"\(stored)\"]"))
    }

    private static let order = field(
        "o", .structure,
        [
            field("order_id", .string), field("total", .float64),
            field(
                "shipping_address", .structure,
                [
                    field("street", .string), field("city", .string), field("state", .string),
                    field("zip", .string),
                ]),
        ])
    private static let items = field(
        "i", .structure, repeated: true,
        [
            field("product_id", .string), field("quantity", .int64), field("price", .float64),
        ])
    private static let settings = field(
        "s", .structure,
        [
            field("permissions", .string, repeated: true),
            field(
                "preferences", .structure,
                [
                    field("dark_mode", .bool),
                    field("notify", .structure, [field("email", .bool), field("sms", .bool)]),
                ]),
            field("flags", .structure, repeated: true, [field("name", .string), field("on", .bool)]),
        ])
    private static let unnamed = field(
        "u", .structure, repeated: true,
        [
            field("_field_1", .int64, repeated: true), field("_field_2", .int64),
        ])
    private static let sparse = field(
        "n", .structure,
        [
            field("A", .int64), field("B", .structure, [field("D", .string)]), field("C", .bool),
        ])

    @Test(arguments: [
        (
            order,
            #"{"f":[{"v":"order-001"},{"v":"99.99"},{"v":{"f":[{"v":"123 Main St"},{"v":"Springfield"},{"v":"IL"},{"v":"62701"}]}}]}"#,
            #"{"order_id":"order-001","total":99.99,"shipping_address":{"street":"123 Main St","city":"Springfield","state":"IL","zip":"62701"}}"#
        ),
        (
            items,
            #"[{"v":{"f":[{"v":"item-1"},{"v":"2"},{"v":"19.99"}]}},{"v":{"f":[{"v":"item-2"},{"v":"1"},{"v":"49.99"}]}}]"#,
            #"[{"product_id":"item-1","quantity":2,"price":19.99},{"product_id":"item-2","quantity":1,"price":49.99}]"#
        ),
        (
            settings,
            #"{"f":[{"v":[{"v":"read"},{"v":"write"}]},{"v":{"f":[{"v":"true"},{"v":{"f":[{"v":"true"},{"v":"false"}]}}]}},{"v":[{"v":{"f":[{"v":"feat-1"},{"v":"true"}]}},{"v":{"f":[{"v":"feat-2"},{"v":"false"}]}}]}]}"#,
            #"{"permissions":["read","write"],"preferences":{"dark_mode":true,"notify":{"email":true,"sms":false}},"flags":[{"name":"feat-1","on":true},{"name":"feat-2","on":false}]}"#
        ),
        (
            unnamed,
            #"[{"v":{"f":[{"v":[{"v":"1"},{"v":"2"}]},{"v":"4"}]}},{"v":{"f":[{"v":[]},{"v":"7"}]}}]"#,
            #"[{"_field_1":[1,2],"_field_2":4},{"_field_1":[],"_field_2":7}]"#
        ),
        (
            sparse, #"{"f":[{"v":"1"},{"v":{"f":[{"v":"s"}]}},{"v":"true"}]}"#,
            #"{"A":1,"B":{"D":"s"},"C":true}"#
        ),
        (sparse, #"{"f":[{"v":"0"},{"v":null},{"v":"false"}]}"#, #"{"A":0,"B":null,"C":false}"#),
        (
            sparse, #"{"f":[{"v":null},{"v":{"f":[{"v":null}]}},{"v":null}]}"#,
            #"{"A":null,"B":{"D":null},"C":null}"#
        ),
        (
            field("r", .structure, repeated: true, [field("x", .int64)]),
            #"[{"v":null},{"v":{"f":[{"v":null}]}}]"#,
            #"[null,{"x":null}]"#
        ),
        (field("e", .structure), #"{"f":[]}"#, "{}"),
        (
            field("e", .structure, [field("list", .int64, repeated: true)]), #"{"f":[{"v":null}]}"#,
            #"{"list":null}"#
        ),
        (
            field(
                "q", .structure,
                [field("a\"b\\c", .int64), field("\n\u{1}", .int64), field("é😀", .int64), field("", .int64)]),
            #"{"f":[{"v":"1"},{"v":"2"},{"v":"3"},{"v":"4"}]}"#,
            #"{"a\"b\\c":1,"\n\u0001":2,"é😀":3,"":4}"#
        ),
    ])
    func storesStructsAsJSONByFieldName(field: Field, json: String, stored: String) throws {
        #expect(try decodeCell(field, json) == .text(stored))
    }

    /// JSON parsers keep one of two members of one name, so that the other value would be lost.
    @Test(
        .faults("P29"),
        arguments: [
            (["a", "a"], ["a", "a_2"]), (["a", "A", "a"], ["a", "A_2", "a_3"]),
            (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
            (["", ""], ["", "_2"]), (["é", "É"], ["é", "É"]), (["\u{e9}", "e\u{301}"], ["\u{e9}", "e\u{301}"]),
        ])
    func numbersMembersOfOneName(names: [String], stored: [String]) throws {
        let members = names.map { Self.field($0, .int64) }
        let cells = names.indices.map { #"{"v":"\#($0)"}"# }.joined(separator: ",")
        let object = "{\(zip(stored, stored.indices).map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
        let single = Self.field("s", .structure, members)
        #expect(try decodeCell(single, #"{"f":[\#(cells)]}"#) == .text(object))
        let list = Self.field("s", .structure, repeated: true, members)
        #expect(try decodeCell(list, #"[{"v":{"f":[\#(cells)]}}]"#) == .text("[\(object)]"))
    }

    /// Errors name a member, and a column, as it is written.
    @Test(arguments: [
        ([field("a", .int64), field("a", .int64)], #"{"v":"1"},{"v":"x"}"#, "a_2"),
        (
            [field("a", .int64), field("A", .structure, [field("b", .int64), field("b", .int64)])],
            #"{"v":"1"},{"v":{"f":[{"v":"1"},{"v":"x"}]}}"#, "A_2.b_2"
        ),
    ])
    func errorHasNumberedName(fields: [Field], cells: String, path: String) throws {
        let error = try rowsError {
            _ = try decodePage(#"{"rows":[{"f":[\#(cells)]}]}"#, schema: TableSchema(fields: fields))
        }
        #expect(error.message == #"row 1, column \#(path): "x" is not an INT64"#)
    }

    @Test func reads15LevelsOfArraysOfStructs() throws {
        var field = Self.field("x", .int64)
        var json = #""1""#
        var stored = "1"
        for _ in 0..<15 {
            json = #"[{"v":{"f":[{"v":\#(json)}]}}]"#
            stored = #"[{"\#(field.name)":\#(stored)}]"#
            field = Self.field("x", .structure, repeated: true, [field])
        }
        #expect(try decodeCell(field, json) == .text(stored))
    }

    @Test(arguments: [
        (#"[{"v":"{"}]"#, "[0]"), (#"[{"v":"1"},{"v":""}]"#, "[1]"), (#"[{"v":"{\"a\":1,}"}]"#, "[0]"),
        (#"[{"v":"1 2"}]"#, "[0]"), (#"[{"v":"'a'"}]"#, "[0]"), (#"[{"v":"\"\\ud800\""}]"#, "[0]"),
        (#"[{"v":"\"open"}]"#, "[0]"), (#"[{"v":"nul"}]"#, "[0]"), (#"[{"v":"01"}]"#, "[0]"),
    ])
    func validatesEmbeddedJSON(json: String, place: String) throws {
        let error = try rowsError { _ = try decodeCell(Self.field("c", .json, repeated: true), json) }
        #expect(error.code == .invalidCell)
        #expect(error.message.hasPrefix("row 1, column c\(place): "))
    }

    @Test func reads500LevelsInJSON() throws {
        let json = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(
            try decodeCell(Self.field("c", .json, repeated: true), #"[{"v":"\#(json)"}]"#)
                == .text("[\(json)]"))
    }

    private static let person = field(
        "person", .structure,
        [
            field("name", .string),
            field("address", .structure, repeated: true, [field("street", .string), field("zip", .int64)]),
        ])

    @Test(arguments: [
        (
            #"{"f":[{"v":"A"},{"v":[{"v":{"f":[{"v":"s"},{"v":"1"}]}},{"v":{"f":[{"v":"s"},{"v":"x1"}]}}]}]}"#,
            #"person.address[1].zip: "x1" is not an INT64"#
        ),
        (#"{"f":[{"v":["A"]},{"v":[]}]}"#, #"person.name: expected a single value, found "["A"]""#),
        (#"{"f":[{"v":"A"},{"v":"B"}]}"#, #"person.address: expected a list, found ""B"""#),
        (
            #"{"f":[{"v":"A"},{"v":[{"v":[1]}]}]}"#,
            #"person.address[0]: expected a STRUCT, found "[1]""#
        ),
        ("17", #"person: expected a STRUCT, found "17""#),
    ])
    func errorHasPathOfField(json: String, message: String) throws {
        let error = try rowsError { _ = try decodeCell(Self.person, json) }
        #expect(error.code == .invalidCell)
        #expect(error.message == "row 1, column \(message)")
    }

    @Test(arguments: [
        (#"{"f":[{"v":"A"}]}"#, "person: 1 cells, but the schema has 2 columns"),
        (#"{"f":[]}"#, "person: 0 cells, but the schema has 2 columns"),
        (
            #"{"f":[{"v":"A"},{"v":[]},{"v":"C"}]}"#,
            "person: more cells than the 2 columns of the schema"
        ),
        (
            #"{"f":[{"v":"A"},{"v":[{"v":{"f":[{"v":"s"}]}}]}]}"#,
            "person.address[0]: 1 cells, but the schema has 2 columns"
        ),
    ])
    func rejectsWrongNumberOfCells(json: String, message: String) throws {
        let error = try rowsError { _ = try decodeCell(Self.person, json) }
        #expect(error.code == .inconsistentPage)
        #expect(error.message == "row 1, column \(message)")
    }

    @Test(arguments: [
        #"{"f":[{"v":"A"},{"v":[{"w":1}]}]}"#, #"{"f":[{"v":"A"},{"v":[{}]}]}"#, #"{"g":[]}"#, "{}",
    ])
    func rejectsMissingMembers(json: String) throws {
        #expect(try rowsError { _ = try decodeCell(Self.person, json) }.code == .inconsistentPage)
    }

    @Test(
        .faults("P9"),
        arguments: [
            #"{"f":[{"v":"A"},{"v":[]}],"f":[]}"#, #"{"f":[{"v":"A","v":"B"},{"v":[]}]}"#,
            #"{"f":[{"v":"A"},{"v":[{"v":{"f":[{"v":"s"},{"v":"1"}]},"v":null}]}]}"#,
            #"{"f":[{"v":"A"},{"v":[{"v":{"f":[{"v":"s"},{"v":"1"}],"\u0066":1}}]}]}"#,
        ])
    func rejectsDuplicateMembers(json: String) throws {
        #expect(try rowsError { _ = try decodeCell(Self.person, json) }.code == .malformedJSON)
    }

    /// Field names are sent once and written with every value: a page of some kilobytes could fill all memory.
    @Test func limitsValuesWrittenByFieldName() throws {
        let name = String(repeating: "n", count: 1 << 20)
        let element = #"{"v":{"f":[{"v":"1"}]}}"#
        let list = Self.field("c", .structure, repeated: true, [Self.field(name, .int64)])
        let single = Self.field("c", .structure, [Self.field(name, .int64)])
        func page(_ count: Int, _ field: Field) throws -> ResultPage {
            let row = "{\"f\":[\(element)]}"
            let json =
                field.mode == .repeated
                ? #"{"rows":[{"f":[{"v":[\#(Array(repeating: element, count: count).joined(separator: ","))]}]}]}"#
                : "{\"rows\":[\(Array(repeating: row, count: count).joined(separator: ","))]}"
            return try decodePage(json, schema: TableSchema(fields: [field]))
        }
        for field in [list, single] {
            #expect(try page(100, field).rows.byteCount > 100 << 20)
            let error = try rowsError { _ = try page(257, field) }
            #expect(error.code == .bodyTooLarge)
        }
    }
}
