extension BigQueryAPI {
    func getTable(_ call: APICall) async throws -> JSONObject {
        var table = try table(call)
        table.source = try await jobs.engine.compiled(table.source)
        let reference = table.reference
        let link = "\(endpoint())/bigquery/v2/projects/\(reference.project)/datasets/\(reference.dataset)"
        let details: JSONObject = [
            "etag": .string(table.etag), "selfLink": .string("\(link)/tables/\(reference.table)"),
            "schema": table.source.fields.json, "numBytes": .int64(table.source.logicalBytes),
            "numLongTermBytes": "0", "numRows": .int64(table.source.rowCount),
            "lastModifiedTime": .int64(table.modified), "location": .string(catalog.location),
        ]
        var response = table.listItem
        response.members += details.members
        response.members += table.properties.members
        if let view = table.source as? EmulatedView {
            response["view"] = ["query": .string(view.query), "useLegacySql": false]
        }
        return response
    }

    func listTables(_ call: APICall) async throws -> JSONObject {
        let dataset = try dataset(call)
        let tables = catalog.tables(in: dataset).map { table in
            var item = table.listItem
            item.members += table.properties.members.filter { $0.name != "description" }
            return JSON.object(item)
        }
        var response: JSONObject = ["kind": "bigquery#tableList"]
        response.members += try PageParameters(call, subject: "tables of \(dataset)").members(
            of: tables, named: "tables"
        )
        .members
        response["totalItems"] = .number(String(tables.count))
        return response
    }

    func listTableData(_ call: APICall) async throws -> JSONObject {
        let table = try table(call)
        if table.source is EmulatedView { throw ServiceError(.invalid, "Cannot list a table of type VIEW.") }
        let request = try PageParameters(call, subject: table.reference.description)
        let source = try call.parameters["selectedFields"].map { try SelectedFields(table.source, names: $0) }
        var response: JSONObject = [
            "kind": "bigquery#tableDataList", "etag": .string("\(table.etag)/\(request.startIndex)"),
        ]
        response.members += try await page(
            request, of: source ?? table.source, byteLimit: Self.tablePageBytes, form: call.form
        ).members
        return response
    }

    private func table(_ call: APICall) throws -> EmulatedTable {
        try catalog.table(
            EmulatedTable.Reference(
                project: call.pathID("project"), dataset: call.pathID("dataset"), table: call.pathID("table")))
    }
}

extension [SchemaField] {
    /// The API's `TableSchema`.
    var json: JSON { ["fields": .array(map(\.json))] }
}
