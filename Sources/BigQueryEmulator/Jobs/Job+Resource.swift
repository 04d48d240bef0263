import Foundation

extension Job {
    /// The job as the API's `Job` resource.
    func resource(endpoint: String, account: String) -> JSONObject {
        let link = "\(endpoint)/bigquery/v2/projects/\(reference.project)/jobs/\(reference.id)"
        return [
            "kind": "bigquery#job", "etag": .string(etag), "id": .string(reference.description),
            "selfLink": .string("\(link)?location=\(reference.location)"),
            "user_email": .string(account), "configuration": .object(configuration),
            "jobReference": reference.json, "statistics": .object(statistics), "status": .object(status),
            "jobCreationReason": ["code": "REQUESTED"],
        ]
    }

    /// The job as jobs.list tells of it.
    func listItem(endpoint: String, account: String, isFull: Bool) -> JSONObject {
        let resource = resource(endpoint: endpoint, account: account)
        let names =
            ["kind", "id", "jobReference", "configuration", "statistics"] + (isFull ? ["user_email", "status"] : [])
        var item = JSONObject(members: resource.members.filter { names.contains($0.name) })
        item["state"] = .string(phase.name)
        item["errorResult"] = status["errorResult"]
        return item
    }

    var etag: String { Data("\(reference)/\(phase.name)".utf8).base64EncodedString() }

    private var status: JSONObject {
        var status: JSONObject = ["state": .string(phase.name)]
        if case .done(_, _, .failure(let error)) = phase {
            status["errorResult"] = error.errorProto
            status["errors"] = [error.errorProto]
        }
        return status
    }

    private var statistics: JSONObject {
        var statistics: JSONObject = ["creationTime": created.json]
        switch phase {
        case .pending: break
        case .running(let start): statistics["startTime"] = start.json
        case .done(let start, let end, let result):
            statistics["startTime"] = start.json
            statistics["endTime"] = end.json
            statistics["finalExecutionDurationMs"] = .int64(Int64(1000 * end.timeIntervalSince(start)))
            if case .success(let result) = result { return finished(statistics, result) }
        }
        if let query { statistics["query"] = ["statementType": .string(query.statementType)] }
        return statistics
    }

    private func finished(_ statistics: JSONObject, _ result: Result) -> JSONObject {
        var statistics = statistics
        statistics["totalSlotMs"] = "1"
        switch work {
        case .query(_, let query, _):
            statistics["totalBytesProcessed"] = .int64(result.isFromCache ? 0 : query.bytesProcessed)
            statistics["query"] = .object(statisticsOf(query, result))
        case .extract(_, let table):
            statistics["extract"] = [
                "destinationUriFileCounts": .array([.int64(result.exported?.files ?? 0)]),
                "inputBytes": .int64(table.source.logicalBytes),
            ]
        }
        return statistics
    }

    private func statisticsOf(_ query: PreparedQuery, _ result: Result) -> JSONObject {
        var statistics: JSONObject = [
            "totalBytesProcessed": .int64(result.isFromCache ? 0 : query.bytesProcessed),
            "totalBytesBilled": .int64(result.isFromCache ? 0 : query.bytesBilled),
            "cacheHit": .bool(result.isFromCache), "statementType": .string(query.statementType),
        ]
        if let exported = result.exported {
            statistics["exportDataStatistics"] = [
                "fileCount": .int64(exported.files), "rowCount": .int64(exported.rows),
            ]
        }
        if !query.tables.isEmpty { statistics["referencedTables"] = .array(query.tables.map(\.reference.json)) }
        return statistics
    }
}

extension Date {
    /// Milliseconds since 1970, as the API tells times.
    var milliseconds: Int64 { Int64(timeIntervalSince1970 * 1000) }

    var json: JSONValue { .int64(milliseconds) }
}
