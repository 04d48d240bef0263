import Testing
import TextSupport

@Suite struct NearestNameTests {
    @Test(
        arguments: [
            ("orders", "orders"), ("order", "orders"), ("ORDERS", "orders"), ("odrers", "orders"),
            ("customer_2024", "customers_2024"), ("x", nil), ("stocks", nil), ("", nil),
        ] as [(String, String?)])
    func suggestsOnlySimilarNames(typed: String, suggested: String?) {
        #expect(NearestName.find(typed, among: ["customers_2024", "orders"]) == suggested)
    }

    @Test func suggestsNothingWithoutNames() {
        #expect(NearestName.find("orders", among: []) == nil)
    }
}
