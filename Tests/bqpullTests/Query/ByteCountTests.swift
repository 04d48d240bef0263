import Testing

@testable import BQPullCommands

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("1", 1), ("100000", 100_000), ("128MB", 128_000_000), ("128 mb", 128_000_000), ("1.5GB", 1_500_000_000),
        ("64MiB", 64 << 20), ("2kB", 2000), ("2KiB", 2048), ("3B", 3), ("1TB", 1_000_000_000_000), ("0.5KiB", 512),
    ])
    func reads(_ text: String, bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }

    @Test(arguments: ["", "MB", "-1", "0", "0.1", "1e3", "1XB", "1 M B", "nan", "inf", "1.2.3", "99999999999TB", "١MB"])
    func refuses(_ text: String) {
        #expect(ByteCount(argument: text) == nil)
    }

    @Test(arguments: ["1", "999", "2kB", "128MB", "3GB", "4TB", "128001"])
    func printsParsableText(_ text: String) {
        #expect(ByteCount(argument: text)?.defaultValueDescription == text)
    }
}
