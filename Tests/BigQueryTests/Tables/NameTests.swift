import BigQuery
import TestSupport
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("sales.orders", "demo", "sales", "orders"),
        ("other-1.sales.orders", "other-1", "sales", "orders"),
        ("other-1:sales.orders", "other-1", "sales", "orders"),
        ("example.com:proj.sales.orders", "example.com:proj", "sales", "orders"),
        ("example.com:proj:sales.orders", "example.com:proj", "sales", "orders"),
        ("`other-1.sales.orders`", "other-1", "sales", "orders"),
        ("`other-1`.sales.`orders`", "other-1", "sales", "orders"),
        ("sales.orders$20240131", "demo", "sales", "orders$20240131"),
        ("sales.Größe 2-b_c", "demo", "sales", "Größe 2-b_c"),
        ("_hidden.anon1", "demo", "_hidden", "anon1"),
    ])
    func parsesTableNames(text: String, project: String, dataset: String, table: String) throws {
        let reference = try TableReference(parsing: text, defaultProject: "demo")
        #expect(reference == TableReference(project: project, dataset: dataset, table: table))
        #expect(reference.datasetReference == DatasetReference(project: project, dataset: dataset))
        #expect(try TableReference(parsing: reference.description, defaultProject: "x") == reference)
    }

    @Test(
        .faults("A27"),
        arguments: [
            "", ".", "orders", "sales.", ".orders", "a..b", "a.b.c.d", "example.com:proj.sales", "a:b:sales.orders.x",
            "p:orders", "sa les.orders", "sales.or/ders", "sales.*", "sales.a\nb", "`sales.orders", "dä.orders",
            "p?.sales.orders", "sales.\u{1B}[31m", ":sales.orders", "sales.\(String(repeating: "x", count: 1025))",
            "..:sales.orders", ".:sales.orders", "a:b:sales.orders", "a.b:c.d:sales.orders",
            "a:b.c:sales.orders", "example.com:a.b:sales.orders",
        ])
    func rejectsInvalidTableNames(text: String) throws {
        let error = #expect(throws: BigQueryError.self) {
            try TableReference(parsing: text, defaultProject: "demo")
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.detail == .invalidName(.table))
        #expect(error?.message.contains("\u{1B}") == false)
    }

    /// These would change the structure of a URL.
    @Test(
        .faults("A27"),
        arguments: [
            "", ".", "..", "a/b", "a/../b", "a?b", "a#b", "a%2fb", "a\\b", "a b", "ä", "a.b", "a:b", "a.b:", ":a",
            "a.b:c:d", "a.b:c.d",
        ])
    func rejectsInvalidProjectIDs(text: String) {
        let error = #expect(throws: BigQueryError.self) { try BigQueryConfiguration(project: text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        ("sales", "demo", "sales"), ("other-1.sales", "other-1", "sales"), ("other-1:sales", "other-1", "sales"),
        ("example.com:proj.sales", "example.com:proj", "sales"), ("`other-1`.sales", "other-1", "sales"),
        ("example.com:proj:sales", "example.com:proj", "sales"),
    ])
    func parsesDatasetNames(text: String, project: String, dataset: String) throws {
        let reference = try DatasetReference(parsing: text, defaultProject: "demo")
        #expect(reference == DatasetReference(project: project, dataset: dataset))
    }

    @Test(arguments: ["", "a.b.c", "example.com:sales", "sa les", ".sales", "sales.", "p:", "a:b.c:sales", "..:sales"])
    func rejectsInvalidDatasetNames(text: String) throws {
        let error = #expect(throws: BigQueryError.self) {
            try DatasetReference(parsing: text, defaultProject: "demo")
        }
        #expect(error?.code == .invalidRequest)
    }
}
