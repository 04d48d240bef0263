import Testing

@testable import BQPullCommands

@Suite struct StoreFolderTests {
    @Test func theStoreIsInTheFolderForConfigurations() {
        #if os(macOS)
        #expect(ProcessEnvironment.storeFolder(in: ["HOME": "/h"]) == "/h/Library/Application Support/bqpull")
        #else
        #expect(ProcessEnvironment.storeFolder(in: ["HOME": "/h"]) == "/h/.config/bqpull")
        #expect(ProcessEnvironment.storeFolder(in: ["HOME": "/h", "XDG_CONFIG_HOME": "/x"]) == "/x/bqpull")
        #expect(ProcessEnvironment.storeFolder(in: ["HOME": "/h", "XDG_CONFIG_HOME": "x"]) == "/h/.config/bqpull")
        #endif
        #expect(ProcessEnvironment.storeFolder(in: [:]) == nil)
    }
}
