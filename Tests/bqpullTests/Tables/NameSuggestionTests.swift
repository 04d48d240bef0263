@testable import bqpull
import Testing

@Suite struct NameSuggestionTests {
    @Test(
        arguments: [
            ("orders", "orders"), ("order", "orders"), ("ORDERS", "orders"), ("odrers", "orders"),
            ("customer_2024", "customers_2024"), ("x", nil), ("stocks", nil), ("", nil),
        ] as [(String, String?)])
    func onlyANearNameIsSuggested(typed: String, suggested: String?) {
        #expect(NameSuggestion.nearest(to: typed, among: ["customers_2024", "orders"]) == suggested)
    }

    @Test func nothingIsNearToNothing() {
        #expect(NameSuggestion.nearest(to: "orders", among: []) == nil)
    }
}
