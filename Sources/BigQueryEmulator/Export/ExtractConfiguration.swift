/// What a request says about the table to extract: `configuration.extract` of a job.
struct ExtractConfiguration: Sendable {
    var table: TableReference
    var target: ExportTarget

    init(json: JSONObject, project: String) throws(ServiceError) {
        guard let table = json["sourceTable"]?.object, let dataset = table["datasetId"]?.string,
            let name = table["tableId"]?.string
        else { throw ServiceError(.missing, "Required parameter is missing: sourceTable") }
        self.table = TableReference(project: table["projectId"]?.string ?? project, dataset: dataset, table: name)
        let uris =
            json["destinationUris"]?.array?.compactMap(\.string) ?? [json["destinationUri"]?.string].compactMap(\.self)
        guard let uri = uris.first else {
            throw ServiceError(.missing, "Required parameter is missing: destinationUris")
        }
        guard uris.count == 1 else { throw ServiceError(.notImplemented, "The emulator extracts to one URI") }
        let formatName = json["destinationFormat"]?.string ?? ExportTarget.Format.csv.rawValue
        guard let format = ExportTarget.Format(rawValue: formatName) else {
            throw ServiceError(.invalid, "Invalid destination format: \(formatName)")
        }
        target = try ExportTarget(uri: uri, format: format, compression: json["compression"]?.string)
        if let delimiter = json["fieldDelimiter"]?.string { try target.setDelimiter(delimiter) }
        target.hasHeader = json["printHeader"]?.bool ?? true
    }
}
