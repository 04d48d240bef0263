import Testing

@testable import BigQueryEmulator

@Suite struct ReloadTests {
    private static let files = [
        "d.t.csv": "id\n1\n2\n", "d.other.csv": "id\n1\n", "d.v.sql": "SELECT COUNT(*) AS n FROM d.t",
    ]
    private static let path = "datasets/d/tables/t"

    @Test func reloadsAChangedFile() async throws {
        try await TableFolder.with(Self.files) { client, folder in
            let before = try await client.get(Self.path)
            #expect(try await client.get(Self.path) == before)
            try await folder.load("d.t.csv", "id,note\n7,x\n8,y\n9,z\n", client)
            let after = try await client.get(Self.path)
            #expect(after["numRows"] == "3")
            #expect(after.columns == ["id INTEGER NULLABLE", "note STRING NULLABLE"])
            #expect(try await client.get("\(Self.path)/data").cells == [["7", "x"], ["8", "y"], ["9", "z"]])
            #expect(after["creationTime"] == before["creationTime"])
            let times = [before, after].compactMap { $0.string("lastModifiedTime").flatMap(Int64.init) }
            #expect(times.count == 2 && times[0] < times[1])
        }
    }

    @Test func everyReloadChangesOnlyItsTablesEtag() async throws {
        try await TableFolder.with(Self.files) { client, folder in
            let other = try await client.get("datasets/d/tables/other").string("etag")
            var etags: Set<String> = []
            for _ in 0..<5 {
                try await folder.load("d.t.csv", "id\n1\n2\n", client)
                etags.insert(try #require(try await client.get(Self.path).string("etag")))
                etags.insert(try #require(try await client.get("\(Self.path)/data").string("etag")))
            }
            #expect(etags.count == 10)
            #expect(try await client.get("datasets/d/tables/other").string("etag") == other)
        }
    }

    @Test func distinguishesSimultaneousChanges() async throws {
        try await TableFolder.with(Self.files) { client, _ in
            let catalog = client.emulator.server.catalog
            let first = try catalog.table(EmulatedTable.Reference(project: "local-project", dataset: "d", table: "t"))
            catalog.register(first)
            let second = try catalog.table(first.reference)
            catalog.register(first)
            let third = try catalog.table(first.reference)
            #expect(first.modified < second.modified && second.modified < third.modified)
            #expect(Set([first.etag, second.etag, third.etag]).count == 3)
            #expect(third.created == first.created)
        }
    }

    @Test(arguments: ["SELECT COUNT(*) AS n FROM d.t", "SELECT n FROM d.v"])
    func queriesSeeNewRowsAndResultsPersist(sql: String) async throws {
        try await TableFolder.with(Self.files) { client, folder in
            for id in ["first", "cached"] {
                _ = try await client.insert(sql, id: id)
                #expect(try await client.get("queries/\(id)").cells == [["2"]])
            }
            #expect(try await client.get("queries/cached")["cacheHit"] == true)
            try await folder.load("d.t.csv", "id\n1\n2\n3\n", client)
            _ = try await client.insert(sql, id: "later")
            let later = try await client.get("queries/later")
            #expect(later.cells == [["3"]])
            #expect(later["cacheHit"] == false)
            for id in ["first", "cached"] {
                #expect(try await client.get("queries/\(id)").cells == [["2"]])
            }
        }
    }

    @Test(arguments: [("d.t.csv", "id\n1,2\n"), ("d.v.sql", "SELECT nothing FROM d.t"), ("d.new.csv", "")])
    func failedReloadChangesNothing(name: String, text: String) async throws {
        try await TableFolder.with(Self.files) { client, folder in
            let paths = ["t", "v", "new"].map { "datasets/d/tables/\($0)" }
            var before: [JSONObject] = []
            for path in paths { before.append(try await client.get(path)) }
            await #expect(throws: EmulatorError.self) { try await folder.load(name, text, client) }
            for (path, table) in zip(paths, before) { #expect(try await client.get(path) == table) }
        }
    }

    @Test func replacesATableWithAView() async throws {
        try await TableFolder.with(Self.files) { client, folder in
            try await folder.load("d.other.sql", "SELECT id FROM d.t WHERE id = 2", client)
            #expect(try await client.get("datasets/d/tables/other").string("type") == "VIEW")
            #expect(try await client.results("SELECT * FROM d.other").cells == [["2"]])
        }
    }
}
