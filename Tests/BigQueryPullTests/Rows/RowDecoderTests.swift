import BigQueryPull
import BigQueryRows
import Foundation
import Testing

@Suite struct RowDecoderTests {
    private struct Address: Decodable, Equatable {
        struct Point: Decodable, Equatable {
            var lat: Double
            var lon: Double?
        }

        var street: String
        var zip: [Int]
        var point: Point?
    }

    private static let addressFields = [
        Field(name: "street", type: .string), Field(name: "zip", type: .int64, mode: .repeated),
        Field(
            name: "point", type: .structure,
            fields: [Field(name: "lat", type: .float64), Field(name: "lon", type: .float64)]),
    ]
    private static let address = Field(name: "address", type: .structure, fields: addressFields)
    private static let addresses = Field(name: "places", type: .structure, mode: .repeated, fields: addressFields)

    private static let home = #"{"f":[{"v":"A \"B\" \u00e9"},{"v":[{"v":"1"},{"v":"2"}]},{"v":null}]}"#
    private static let work =
        #"{"f":[{"v":""},{"v":[]},{"v":{"f":[{"v":"-0.5"},{"v":"Infinity"}]}}]}"#

    private static let homeAddress = Address(street: "A \"B\" é", zip: [1, 2], point: nil)
    private static let workAddress = Address(
        street: "", zip: [], point: Address.Point(lat: -0.5, lon: .infinity))

    @Test func decodesStructs() throws {
        let row = try restRow([Self.address, Self.addresses], Self.home, #"[{"v":\#(Self.work)},{"v":\#(Self.home)}]"#)
        #expect(try row["address", as: Address.self] == Self.homeAddress)
        #expect(try row["address", as: Address?.self] == Self.homeAddress)
        #expect(try row[1, as: [Address].self] == [Self.workAddress, Self.homeAddress])
        #expect(try row["places", as: [Address?].self].count == 2)
    }

    @Test func decodesWholeRows() throws {
        struct Customer: Decodable, Equatable {
            var id: Int64
            var name: String?
            var address: Address
            var missing: Int?
        }
        let row = try restRow(
            [Field(name: "ID", type: .int64), Field(name: "name", type: .string), Self.address],
            #""9007199254740993""#, "null", Self.work)
        let expected = Customer(id: 9_007_199_254_740_993, name: nil, address: Self.workAddress, missing: nil)
        #expect(try row.decode(Customer.self) == expected)
        #expect(try row.decode(Customer?.self) == expected)
        let inferred: Customer = try row.decode()
        #expect(inferred == expected)
    }

    /// Every type is read inside an ARRAY and inside a STRUCT as it is at the top level.
    @Test(
        arguments: [
            (.int64, #""-9223372036854775808""#), (.float64, #""1E5""#), (.float64, #""-0.0""#), (.float64, #""NaN""#),
            (.float64, #""-inf""#), (.numeric, #""-1.50""#),
            (.bignumeric, #""0.00000000000000000000000000000000000001""#), (.bool, #""true""#), (.bool, #""false""#),
            (.string, #""\"\\\n\ud83d\ude00""#), (.string, #""NaN""#), (.bytes, #""AP8=""#), (.bytes, #""""#),
            (.geography, #""POINT(1 2)""#), (.date, #""2024-02-29""#), (.time, #""15:04:05.1""#),
            (.datetime, #""2024-02-29T15:04:05""#), (.timestamp, #""1420070400000001""#),
            (.interval, #""0-0 1 0:0:0""#),
            (.range, #""[2020-01-01, UNBOUNDED)""#), (.unknown("ODD"), #""x""#), (.json, #""{\"a\": [1, null]}""#),
            (.json, #""1e400""#), (.string, "null"), (.bytes, "null"),
        ] as [(FieldType, String)])
    func readsNestedValuesAsColumns(type: FieldType, json: String) throws {
        switch type {
        case .int64: try expectSame(Int64.self, type, json)
        case .float64: try expectSame(Double.self, type, json)
        case .numeric, .bignumeric: try expectSame(Decimal.self, type, json)
        case .bool: try expectSame(Bool.self, type, json)
        case .bytes:
            try expectSame([UInt8].self, type, json)
            return try expectSame(Data.self, type, json)
        case .date, .time, .datetime: try expectSame(DateComponents.self, type, json)
        case .timestamp: try expectSame(Date.self, type, json)
        default: break
        }
        try expectSame(String.self, type, json)
    }

    private struct Member<Value: Decodable>: Decodable {
        var v: Value?
    }

    private func expectSame<Value: ColumnDecodable>(_ value: Value.Type, _ type: FieldType, _ json: String) throws {
        let row = try restRow(
            [
                Field(name: "c", type: type), Field(name: "list", type: type, mode: .repeated),
                Field(name: "s", type: .structure, fields: [Field(name: "v", type: type)]),
            ], json, #"[{"v":\#(json)}]"#, #"{"f":[{"v":\#(json)}]}"#)
        let column = try "\(row["c", as: Value?.self] as Any)"
        #expect(try "\(row["list", as: [Value?].self][0] as Any)" == column)
        #expect(try "\(row["s", as: Member<Value>.self].v as Any)" == column)
    }

    @Test func readsAStructAsItsJSON() throws {
        struct Raw: Decodable {
            var point: String
            var zip: String
        }
        let row = try restRow([Self.address], Self.work)
        let text = #"{"street":"","zip":[],"point":{"lat":-0.5,"lon":"Infinity"}}"#
        #expect(try row["address", as: String.self] == text)
        #expect(try row["address", as: Raw.self].point == #"{"lat":-0.5,"lon":"Infinity"}"#)
        #expect(try row["address", as: Raw.self].zip == "[]")
    }

    // MARK: JSON

    private struct Document: Decodable, Equatable {
        var count: UInt64
        var price: Decimal
        var ratio: Double
        var tags: [String?]
        var inner: [String: Bool]
    }

    @Test func decodesJSONByItsOwnTypes() throws {
        let text =
            #" { "count" : 18446744073709551615, "price": 0.10, "ratio": 3, "tags": ["a\u00e9\n", null], "inner": {"x": true}, "more": [{}, []] } "#
        let expected = Document(
            count: .max, price: try #require(Decimal(string: "0.1")), ratio: 3, tags: ["aé\n", nil],
            inner: ["x": true])
        #expect(try row(.json, .text(text))["c", as: Document.self] == expected)
        #expect(try row(.json, .text("[\(text)]"))["c", as: [Document].self] == [expected])
        #expect(try row(.json, .text(text))["c", as: String.self] == text)
    }

    @Test func decodesJSONInsideOfStructs() throws {
        struct Wrapper: Decodable {
            var document: Document
            var text: String
        }
        let json = #"{"count": 1, "price": 1e3, "ratio": 1e-3, "tags": [], "inner": {}}"#
        let row = row([
            (
                Field(
                    name: "c", type: .structure,
                    fields: [Field(name: "document", type: .json), Field(name: "text", type: .json)]),
                .text(#"{"document":\#(json),"text":[ 1 ]}"#)
            )
        ])
        let value = try row["c", as: Wrapper.self]
        #expect(value.document == Document(count: 1, price: 1000, ratio: 0.001, tags: [], inner: [:]))
        #expect(value.text == "[ 1 ]")
    }

    @Test func readsScalarsInJSONColumns() throws {
        #expect(try row(.json, .text("18446744073709551615"))["c", as: UInt64.self] == .max)
        #expect(try row(.json, .text("-1.5e3"))["c", as: Double.self] == -1500)
        #expect(try row(.json, .text("0.10"))["c", as: Decimal.self] == Decimal(string: "0.1"))
        #expect(try row(.json, .text("true"))["c", as: Bool.self])
        #expect(try row(.json, .text("null"))["c", as: Int?.self] == nil)
        let error = "row 17, column \"c\" (JSON): cannot be read as"
        expectError(.cellMismatch, "\(error) Int") { _ = try row(.json, .text("\"1\""))["c", as: Int.self] }
        expectError(.cellMismatch, "\(error) Double") { _ = try row(.json, .text("[1]"))["c", as: Double.self] }
        expectError(.cellMismatch, "\(error) Bool") { _ = try row(.json, .text("\"true\""))["c", as: Bool.self] }
        expectError(.cellMismatch, "\(error) Int") { _ = try row(.json, .text("null"))["c", as: Int.self] }
    }

    @Test func anErrorHasOnlyTheBeginningOfALongNumber() {
        let digits = String(repeating: "7", count: 100_000)
        let error = #expect(throws: PullError.self) { _ = try row(.json, .text("[\(digits)]"))["c", as: [Int].self] }
        #expect((error?.message.count).map { $0 < 200 } == true)
    }

    @Test func readsJSONNullAsNil() throws {
        #expect(try row(.json, .text(" null "))["c", as: Document?.self] == nil)
        #expect(try row(.json, .null)["c", as: Document?.self] == nil)
        #expect(try row(.json, .text("null"))["c", as: String?.self] == "null")
    }

    @Test(arguments: [
        ("[1.0]", "[0]\" (JSON): 1.0 cannot be read as Int"), ("[1e3]", "[0]\" (JSON): 1e3 cannot be read as Int"),
        ("[9223372036854775808]", "[0]\" (JSON): 9223372036854775808 cannot be read as Int"),
        ("[1,true]", "[1]\" (JSON): cannot be read as Int"), ("[\"1\"]", "[0]\" (JSON): cannot be read as Int"),
        ("[null]", "[0]\" (JSON): NULL cannot be read as Int"), ("[[]]", "[0]\" (JSON): cannot be read as Int"),
        ("{}", "\" (JSON): the value cannot be read as an ARRAY"), ("[1", "\" (JSON): malformed JSON"),
        ("[1] 2", "\" (JSON): malformed JSON"), ("", "\" (JSON): malformed JSON"), ("[\"", "\" (JSON): malformed JSON"),
        ("[\"\\", "\" (JSON): malformed JSON"), ("[,]", "\" (JSON): malformed JSON"),
        ("[1,]", "\" (JSON): malformed JSON"),
    ])
    func namesTheElementOfJSON(text: String, message: String) {
        expectError(.cellMismatch, "row 17, column \"c\(message)") {
            _ = try row(.json, .text(text))["c", as: [Int].self]
        }
    }

    @Test func readsDeepJSON() throws {
        indirect enum Tree: Decodable {
            case node([Tree])

            init(from decoder: any Decoder) throws {
                self = .node(try [Tree](from: decoder))
            }

            var depth: Int {
                guard case .node(let children) = self else { return 0 }
                return 1 + (children.map(\.depth).max() ?? 0)
            }
        }
        let text = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(try row(.json, .text(text))["c", as: Tree.self].depth == 500)
    }

    @Test(arguments: ["[", #"{"a":"#]) func rejectsJSONThatIsTooDeep(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        expectError(.cellMismatch, "row 17, column \"c\" (JSON): more than 600 levels of nesting in JSON") {
            _ = try row(.json, .text(text))["c", as: [String: String].self]
        }
    }

    // MARK: Keys

    private struct Camel: Decodable, Equatable {
        struct Part: Decodable, Equatable {
            var partName: String
        }

        var orderID: Int
        var createdAt: String?
        var allParts: [Part]
        var document: [String: Int]
    }

    @Test func convertsKeysFromSnakeCase() throws {
        let part = Field(name: "part_name", type: .string)
        let row = try restRow(
            [
                Field(name: "order_id", type: .int64), Field(name: "CREATED_AT", type: .string),
                Field(name: "all_parts", type: .structure, mode: .repeated, fields: [part]),
                Field(name: "document", type: .json),
            ],
            #""1""#, #""now""#, #"[{"v":{"f":[{"v":"bolt"}]}}]"#, #""{\"an_item\": 3}""#)
        let decoder = RowDecoder(keyDecodingStrategy: .convertFromSnakeCase)
        let expected = Camel(
            orderID: 1, createdAt: "now", allParts: [Camel.Part(partName: "bolt")],
            document: ["an_item": 3])
        #expect(try decoder.decode(Camel.self, from: row) == expected)
        expectError(.noSuchColumn, "row 17: no column \"orderID\"") { _ = try row.decode(Camel.self) }
    }

    @Test(arguments: [
        ("order_id", "orderId"), ("a", "a"), ("aBc", "aBc"), ("_a_b_", "_aB_"), ("__", "__"), ("", ""), ("a__b", "aB"),
        ("A_B", "aB"), ("_a", "_a"), ("a_", "a_"),
    ])
    func listsKeysAsJSONDecoderDoes(name: String, key: String) throws {
        let row = row([(Field(name: name, type: .int64), .integer(1))])
        let decoder = RowDecoder(keyDecodingStrategy: .convertFromSnakeCase)
        #expect(try decoder.decode(Keys.self, from: row).names == [key])
        #expect(try decoder.decode([String: Int].self, from: row) == [name: 1])
        #expect(try row.decode(Keys.self).names == [name])

        let reference = JSONDecoder()
        reference.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try reference.decode(Keys.self, from: Data("{\"\(name)\":1}".utf8)).names == [key])
    }

    private struct Keys: Decodable {
        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            names = container.allKeys.map(\.stringValue)
            for key in container.allKeys { #expect(try container.decode(Int.self, forKey: key) == 1) }
        }
    }

    @Test func numbersMembersOfOneName() throws {
        let fields = ["a", "A", "a"].map { Field(name: $0, type: .int64) }
        let row = try restRow(
            [Field(name: "s", type: .structure, fields: fields)], #"{"f":[{"v":"1"},{"v":"2"},{"v":"3"}]}"#)
        #expect(try row["s", as: [String: Int].self] == ["a": 1, "A_2": 2, "a_3": 3])
    }

    // MARK: Containers

    @Test func servesEveryContainer() throws {
        struct Everything: Decodable {
            enum Key: CodingKey {
                case a, list, point, missing
            }
            enum Member: CodingKey {
                case lat
            }

            init(from decoder: any Decoder) throws {
                let row = try decoder.container(keyedBy: Key.self)
                #expect(row.allKeys == [.a, .list, .point])
                #expect(row.contains(.a) && !row.contains(.missing))
                #expect(try !row.decodeNil(forKey: .a))
                #expect(try row.decodeIfPresent(Int.self, forKey: .missing) == nil)

                var list = try row.nestedUnkeyedContainer(forKey: .list)
                #expect(list.count == 3)
                #expect(try !list.decodeNil())
                #expect(throws: DecodingError.self) { _ = try list.decode(Bool.self) }
                #expect(list.currentIndex == 0)
                #expect(try list.decode(Int8.self) == 1)
                #expect(try list.decodeNil())
                #expect(try Int(from: list.superDecoder()) == 3)
                #expect(list.isAtEnd)
                #expect(throws: DecodingError.self) { _ = try list.decode(Int.self) }
                #expect(throws: DecodingError.self) { _ = try list.decodeNil() }

                let point = try row.nestedContainer(keyedBy: Member.self, forKey: .point)
                #expect(point.codingPath.map(\.stringValue) == ["point"])
                #expect(try point.decode(Double.self, forKey: .lat) == 1.5)
                #expect(try Int(from: row.superDecoder(forKey: .a)) == 7)
                #expect(throws: DecodingError.self) { _ = try row.superDecoder() }
                #expect(throws: DecodingError.self) { _ = try decoder.unkeyedContainer() }
                #expect(throws: DecodingError.self) { _ = try decoder.singleValueContainer().decode(Int.self) }
                #expect(try !decoder.singleValueContainer().decodeNil())
                #expect(decoder.codingPath.isEmpty)
            }
        }
        let row = row([
            (Field(name: "a", type: .int64), .integer(7)),
            (Field(name: "list", type: .int64, mode: .repeated), .text("[1,null,3]")),
            (
                Field(name: "point", type: .structure, fields: [Field(name: "lat", type: .float64)]),
                .text(#"{"lat":1.5}"#)
            ),
        ])
        _ = try row.decode(Everything.self)
    }

    @Test func decodesEnumerations() throws {
        enum Status: String, Decodable {
            case active, closed
        }
        enum Level: Int, Decodable {
            case low = 1
        }
        #expect(try row(.string, .text("active"))["c", as: Status.self] == .active)
        #expect(try row(.string, .null)["c", as: Status?.self] == nil)
        #expect(try row(.int64, .integer(1))["c", as: Level.self] == .low)
        let error = #expect(throws: PullError.self) { _ = try row(.string, .text("open"))["c", as: Status.self] }
        #expect(error?.message.hasPrefix("row 17, column \"c\" (STRING): Cannot initialize Status") == true)
        #expect(error?.cause is DecodingError)
    }

    // MARK: Errors

    @Test(arguments: [
        (#"{"f":[{"v":null},{"v":[]},{"v":null}]}"#, "address.street\" (STRING): NULL cannot be read as String"),
        (
            #"{"f":[{"v":""},{"v":[{"v":"1"},{"v":null}]},{"v":null}]}"#,
            "address.zip[1]\" (INT64): NULL cannot be read as Int"
        ),
        (
            #"{"f":[{"v":""},{"v":[]},{"v":{"f":[{"v":null},{"v":null}]}}]}"#,
            "address.point.lat\" (FLOAT64): NULL cannot be read as Double"
        ),
        (#"{"f":[{"v":""},{"v":null},{"v":null}]}"#, "address.zip\" (ARRAY<INT64>): NULL cannot be read as an ARRAY"),
        ("null", "address\" (STRUCT): NULL cannot be read as a STRUCT"),
    ])
    func namesTheMember(json: String, message: String) throws {
        let row = try restRow([Self.address], json)
        expectError(.cellMismatch, "row 17, column \"\(message)") { _ = try row["address", as: Address.self] }
        struct Outer: Decodable {
            var address: Address
        }
        expectError(.cellMismatch, "row 17, column \"\(message)") { _ = try row.decode(Outer.self) }
    }

    @Test func namesAMissingMember() throws {
        struct Other: Decodable {
            var city: String
        }
        let row = try restRow([Self.address, Self.addresses], Self.home, #"[{"v":\#(Self.work)}]"#)
        expectError(.noSuchColumn, "row 17, column \"address\" (STRUCT): no member \"city\"") {
            _ = try row["address", as: Other.self]
        }
        expectError(.noSuchColumn, "row 17, column \"places[0]\" (STRUCT): no member \"city\"") {
            _ = try row["places", as: [Other].self]
        }
        expectError(.noSuchColumn, "row 17: no column \"city\"") { _ = try row.decode(Other.self) }
    }

    @Test(arguments: [(#"{"lat":1}"#, 1), (#"{"lat":1,"lon":2,"alt":3}"#, 3)])
    func countsTheMembersOfAStruct(text: String, count: Int) throws {
        let point = try #require(Self.addressFields.last)
        let message = "the value cannot be read as a STRUCT of 2 members: it has \(count)"
        expectError(.cellMismatch, "row 17, column \"point\" (STRUCT): \(message)") {
            _ = try row([(point, .text(text))])["point", as: Address.Point.self]
        }
    }

    @Test func namesAStructureOfAnotherType() throws {
        let row = try restRow([Self.address, Field(name: "id", type: .int64)], Self.home, #""1""#)
        expectError(.cellMismatch, "row 17, column \"address\" (STRUCT): the value cannot be read as an ARRAY") {
            _ = try row["address", as: [Int].self]
        }
        expectError(.cellMismatch, "row 17, column \"address\" (STRUCT): cannot be read as Int") {
            _ = try row["address", as: Int.self]
        }
        expectError(.cellMismatch, "row 17, column \"id\" (INT64): the value cannot be read as a STRUCT") {
            _ = try row["id", as: Address.self]
        }
        expectError(.cellMismatch, "row 17: a row cannot be read as Int") { _ = try row.decode(Int.self) }
    }

    @Test func keepsTheErrorOfATypeAsTheCause() throws {
        struct Rejection: Error {}
        struct Strict: Decodable {
            init(from decoder: any Decoder) throws { throw Rejection() }
        }
        struct Outer: Decodable {
            var zip: [Strict]
        }
        let row = try restRow([Self.address], Self.home)
        let nested = expectError(.cellMismatch, "row 17, column \"address.zip[0]\" (INT64): Rejection()") {
            _ = try row["address", as: Outer.self]
        }
        #expect(nested?.cause is Rejection)
        let whole = expectError(.cellMismatch, "row 17: Rejection()") { _ = try row.decode(Strict.self) }
        #expect(whole?.cause is Rejection)
    }

    @Test func locatesTheDecodingErrorOfAType() throws {
        struct Even: Decodable {
            private enum Key: CodingKey {
                case id
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                throw DecodingError.dataCorruptedError(forKey: .id, in: container, debugDescription: "the ID is odd")
            }
        }
        let row = row([(Field(name: "id", type: .int64), .integer(1))])
        let error = expectError(.cellMismatch, "row 17, column \"id\" (INT64): the ID is odd") {
            _ = try row.decode(Even.self)
        }
        #expect(error?.cause is DecodingError)
    }
}
