import BigQueryRows
import TestSupport
import Testing

@Suite("BOOL cells")
struct BoolCellTests {
    @Test(
        .faults("P33"),
        arguments: [
            (#""true""#, 1), (#""false""#, 0), ("true", 1), ("false", 0),
            (#""True""#, 1), (#""TRUE""#, 1), (#""t""#, 1), (#""T""#, 1), (#""1""#, 1), ("1", 1),
            (#""False""#, 0), (#""FALSE""#, 0), (#""f""#, 0), (#""F""#, 0), (#""0""#, 0), ("0", 0),
        ] as [(String, Int64)])
    func isStoredAsOneOrZero(json: String, value: Int64) throws {
        #expect(try decodeCell("BOOL", json) == .integer(value))
        #expect(try decodeCell("BOOLEAN", json) == .integer(value))
    }

    @Test(
        .faults("P33"),
        arguments: [
            #""""#, #""yes""#, #""no""#, #""2""#, #""01""#, #""10""#, #""-1""#, #""tru""#, #""truex""#,
            #"" true""#, #""falsey""#,
            #""\u0011""#, #""\u0010""#, #""T\u0000""#, "2", "1.0", "[]", "{}",
        ])
    func rejectsOtherValues(json: String) throws {
        #expect(try rowsError { _ = try decodeCell("BOOL", json) }.code == .invalidCell)
    }
}
