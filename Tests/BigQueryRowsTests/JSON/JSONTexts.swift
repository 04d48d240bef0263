/// Texts that test a JSON parser, of the same kinds and number as in Nicolas Seriot's JSONTestSuite.
enum JSONTexts {
    /// Well-formed by RFC 8259: 95.
    static let wellFormed: [JSONText] = scalars + numbers + strings + arrays + objects

    private static let scalars: [JSONText] = [
        "true", "false", "null", "7", "-0.25", "\"word\"", "\"\"", " true ", "\r\n\tnull\n",
    ]

    private static let numbers: [JSONText] = [
        "0", "-0", "-1", "-123", "20", "123", " 4", "0e1", "0e+1", "0E-2", "-0.0e0", "1e0", "20e1", "1E22", "1E-2",
        "1E+2", "123e45", "123e-10000000", "123.456", "123.456e78", "123.456E-78",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "-0.0000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "9007199254740993", "3.141592653589793238462643383279502884197",
    ]

    private static let strings: [JSONText] = [
        "\"plain ASCII\"", "\" \"", "\"/*no comment*/ // nor this # nor this\"", #""\"""#, #""\\""#, #""\/""#,
        #""\b\f\n\r\t""#, #""\\a\\n\\u0041""#, #""\u005C""#, #""\u0022""#, #""\u0000""#, #""\u001f""#, #""\u000A""#,
        #""\u00A0""#, #""\u0123\u4567\u89AB\ucdef\uCDEF""#, #""\u20ac""#, #""\uD834\uDD1E""#,
        #""\ud83d\uDE00\ud83d\ude01""#,
        #""\uDBFF\uDFFE""#, #""\uDBFF\uDFFF""#, #""\uD83F\uDFFE""#, #""\uFFFE\uFFFF""#, #""\uFDD0""#,
        #""\u200B\u2064""#,
        "\"\u{7F}\"", "\"\u{80}\"", "\"\u{7FF}\u{800}\"", "\"π€\"", "\"日本語の文字\"", "\"𝄞\"", "\"\u{2028}\"",
        "\"\u{2029}\"",
        "\"\u{FFFF}\"", "\"\u{1BFFF}\"", "\"\u{10FFFF}\"", "\"\u{FEFF}\"", "\"e\u{301}\"",
    ]

    private static let arrays: [JSONText] = [
        "[]", "[ ]", "[[]   ]", "[\"\"]", "[null]", "[true,false]", "[null, 1, \"1\", {}]", "[1\n]", " [1]", "[2] ",
        "[1,null,null,null,2]", "[[[[[]]]],[[]]]", .nested("[", 400, "]"),
    ]

    private static let objects: [JSONText] = [
        "{}", #"{"":0}"#, #"{"a":"b"}"#, #"{"a":"b","c":"d"}"#, #"{"a":"b","a":"c"}"#, #"{"a":1,"a":1}"#,
        #"{"a\u0000b":42}"#, #"{"least":-1.0e+28,"most":1.0e+28}"#,
        #"{"x":[{"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}],"id":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}"#,
        #"{"ключ":"знач\u0435ние"}"#, "{\n\"a\"\t:\r\n\"b\"\n}",
    ]

    /// Not well-formed: 188.
    static let malformed: [JSONText] =
        brokenLiterals + brokenNumbers + brokenStrings + brokenArrays + brokenObjects + brokenStructure

    private static let brokenLiterals: [JSONText] = [
        "tru", "fals", "nul", "truth", "True", "FALSE", "Null", "nil", "none", "[tru]", "[fals]", "[nul]", "yes",
    ]

    private static let brokenNumbers: [JSONText] = [
        "-", "+1", "++1234", "--1", "- 1", "-foo", "01", "-01", "-012", "012", "00", "123456789 00", "1 000", "1_000",
        ".5", "-.5", ".-1", ".2e-3", "2.", "-2.", "0.", "1.e1", "2.e3", "2.e-3", "0.e1", "0e", "0e+", "0E", "0E+", "1e",
        "1e+", "1e-", "1eE2", "1e 1", "1.0e", "1.0e+", "1.0e-", "9.e+", "1.2.3", "1e1.5", "1+2", "1-2", "0x1", "0x42",
        "0b1", "NaN", "-NaN", "Infinity", "+Infinity", "-Infinity", "inf", "1a", "1ea", "-1x", "1.2a-3",
        "1.8011670033376514H-308",
        "\u{FF11}", "1\u{660}", JSONText("", [0x31, 0xE5]), JSONText("1e", [0xE5]), JSONText("[1", [0xE5], "]"),
        JSONText("-", [0xE5]),
    ]

    private static let brokenStrings: [JSONText] = [
        "\"", "\"a", "a\"", "'a'", "‘a’", "abc", "\\n", #""\""#, #""\\\""#, #""\a""#, #""\x00""#, #""\0""#, #""\'""#,
        #""\ ""#,
        #""\u""#, #""\u1""#, #""\u12""#, #""\u123""#, #""\u12G4""#, #""\u 123""#, #""\U0041""#, #""\u{41}""#, "\"\\😀\"",
        #""\uD800\""#, #""\uD800\u""#, #""\uD800\u1""#, #""\uD800\u1x""#, #""\uD834\uDd"#, #""\uDd1ea"#,
        JSONText("\"\\", [0xE5], "\""), JSONText("\"\\u", [0xE5], "\""), "\"\u{0}\"", "\"a\nb\"", "\"\t\"",
        "\"\u{1F}\"",
        "\"\"x", "\"a\"\"b\"",
    ]

    private static let brokenArrays: [JSONText] = [
        "[", "]", "[1", "[1,", "[,", "[\"\"", "[\"a", "[1,]", "[\"\",]", "[,1]", "[,]", "[1,,2]", "[1,,]", "[,,1]",
        "[1 true]",
        "[3[4]]", "[1:2]", "[\"\": 1]", "[1;2]", "[a]", "[*]", "[-]", "[1}", "[1]]", "[1],", "[]]", "[[1]",
        "[1,\n1\n,1",
        "[\u{0B}]", "[\"a\",\n4\n,1,", "[\u{0C}]", JSONText("[", [0xFF], "]"), JSONText("[", [0x61, 0xE5], "]"), "[][]",
    ]

    private static let brokenObjects: [JSONText] = [
        "{", "}", "{]", #"{"a"}"#, #"{"a":"#, #"{"a":}"#, #"{"a":"b""#, #"{"a":"b","#, #"{"a":1,}"#, #"{"a":1,,}"#,
        #"{,}"#,
        #"{"a" "b"}"#, #"{"a","b"}"#, #"{"a"::1}"#, #"{"a":1:2}"#, #"{"a":1 "b":2}"#, #"{"a":1,,"b":2}"#, #"{:1}"#,
        "{a:1}",
        "{'a':1}", "{1:1}", "{null:null}", "{[1]:1}", #"{"a":1}#"#, #"{"a":1}/**/"#, #"{"a":1}//"#, #"{"a":1}}"#,
        #"{"a":1} 2"#,
        JSONText("{\"", [0xB9], "\":\"0\"}"), "{\u{1F1E8}\u{1F1ED}}",
    ]

    private static let brokenStructure: [JSONText] = [
        "", " ", "<.>", "<null>", "&", "\u{0}", JSONText("", [0xE5]), JSONText("", [0xEF, 0xBB]), "\u{2060}", "\u{A0}1",
        .nested("[", 100_000), .nested(#"[{"":"#, 50_000),
    ]

    /// Unspecified by RFC 8259, and whether the scanner accepts it: 35.
    static let open: [(text: JSONText, isAccepted: Bool)] =
        [
            // Numbers have no limits until they are converted.
            "1e400", "-1e400", "123123e100000", "-123123e100000",
            "0.4e00669999999999999999999999999999999999999999999999999",
            "1e-400", "1.5e+9999", "-1e+9999", "123123123123123123123123123123", "-123123123123123123123123123123",
        ].map { ($0, true) }
        + [
            // Unpaired surrogates.
            #""\uDADA""#, #""\uD800""#, #""\uDFAA""#, #""\uD888\u1234""#, #""\uD800\n""#, #""\uD800\uD800\n""#,
            #""\uD800abc""#, #""\uDd1e\uD834""#, #"{"\uDFAA":0}"#,
            // Bytes that are not UTF-8: Latin-1, overlong forms, surrogates, truncated characters, or beyond the last
            // one.
            .quoted(0xE9), .quoted(0x81), .quoted(0xFF), .quoted(0xC0, 0xAF), .quoted(0xE0, 0x80, 0x80),
            .quoted(0xFC, 0x83, 0xBF),
            .quoted(0xED, 0xA0, 0x80), .quoted(0xE0, 0xFF), .quoted(0xE6, 0x97, 0xA5, 0xD1, 0x88, 0xFA),
            .quoted(0xF4, 0xBF, 0xBF, 0xBF),
            // Other encodings, and byte-order marks.
            JSONText("", [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00]), JSONText("", [0x00, 0x5B, 0x00, 0x5D]),
            JSONText("", [0x5B, 0x00, 0x5D, 0x00]),
            JSONText("", [0xEF, 0xBB, 0xBF], "{}"),
        ].map { ($0, false) }
        + [
            // Nesting, up to a limit above that of the service.
            (.nested("[", 500, "]"), true), (.nested("[", 1000, "]"), false),
        ]
}
