import Foundation

/// Runs a target on an input; a violated property ends the process.
private let targets: [String: @Sendable (inout FuzzInput) -> Void] = [
    "page": fuzzPage,
    "gzip": fuzzGzip,
    "token": fuzzTokenAnswer,
    "error": fuzzErrorBody,
    "retry": fuzzRetryAfter,
    "identifier": fuzzIdentifier,
    "address": fuzzAddress,
    "credential": fuzzCredentialFile,
    "record": fuzzRecord,
]

private let target = {
    guard let target = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap({ targets[$0] }) else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted())")
    }
    return target
}()

/// The entry point of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzInput(bytes: Array(UnsafeBufferPointer(start: data, count: count)))
    target(&input)
    return 0
}

/// An input: the first bytes select variants, the rest is the data.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    /// The next byte; 0 at the end.
    mutating func nextByte() -> UInt8 { bytes.popFirst() ?? 0 }

    /// An element selected by the next byte.
    mutating func choose<Value>(_ values: [Value]) -> Value { values[Int(nextByte()) % values.count] }

    /// The remaining bytes.
    var rest: [UInt8] { Array(bytes) }
}

/// Ends the process if a property does not hold.
func require(_ isKept: Bool, _ promise: @autoclosure () -> String) {
    if !isKept { fatalError(promise()) }
}

/// Requires a printable line of at most `limit` characters.
func requireLine(_ text: String, atMost limit: Int) {
    require(text.unicodeScalars.count <= limit, "\(text.unicodeScalars.count) characters: \(text)")
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
            fatalError("\(scalar.value) in \(text)")
        default: break
        }
    }
}

/// Bytes split by a seed; each piece is a separate allocation, so that reading past its end is detected.
func pieces(_ bytes: [UInt8], seed: UInt8) -> [[UInt8]] {
    var random = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let end = min(bytes.count, start + Int(random >> 58) + (seed % 2 == 0 ? 1 : 32))
        pieces.append(Array(bytes[start..<end]))
        start = end
    }
    return pieces
}
