import BigQuery
import BigQueryRows
import Testing

@Suite struct ExportDestinationTests {
    private static let bucket = "gs://my-bucket/"

    @Test(
        arguments: [
            ("a-*.parquet", nil, nil, .parquet, .none), ("a-*.avro", nil, .snappy, .avro, .snappy),
            ("a.csv", nil, nil, .csv, .none), ("a-*.CSV", nil, .gzip, .csv, .gzip),
            ("d/a-*.csv.gz", nil, nil, .csv, .gzip), ("a-*.jsonl", nil, nil, .jsonl, .none),
            ("a-*.json", nil, nil, .jsonl, .none), ("a-*.ndjson.gz", nil, .gzip, .jsonl, .gzip),
            ("v1.2/part-*", .parquet, .zstd, .parquet, .zstd), ("a-*.2024", .avro, .deflate, .avro, .deflate),
        ] as [(String, ExportFormat?, ExportCompression?, ExportFormat, ExportCompression)])
    func derivesFormatFromName(
        name: String, given: ExportFormat?, compression: ExportCompression?, format: ExportFormat,
        expected: ExportCompression
    ) throws {
        let destination = try ExportDestination(uri: Self.bucket + name, format: given, compression: compression)
        #expect(destination.format == format)
        #expect(destination.compression == expected)
        #expect(destination.hasWildcard == name.contains("*"))
    }

    @Test(
        arguments: [
            ("/tmp/a.csv", nil, nil, "not a URI of Cloud Storage"), ("gs://my-bucket", nil, nil, "does not name files"),
            ("gs://my-bucket/", nil, nil, "does not name files"), ("gs://my-bucket/d/", nil, nil, "does not name"),
            ("gs://My_Bucket/a.csv", nil, nil, "does not name files"),
            ("gs://my-*/a.csv", nil, nil, "does not name files"),
            ("gs://my-bucket/a\n.csv", nil, nil, "does not name files"),
            ("gs://my-bucket/*/a-*.csv", nil, nil, "more than one *"),
            ("gs://my-bucket/part-*", nil, nil, "does not identify the format"),
            ("gs://my-bucket/a-*.txt", nil, nil, "does not identify the format"),
            ("gs://my-bucket/a-*.csv", .parquet, nil, "ends with .csv, but the format is parquet"),
            ("gs://my-bucket/a-*.csv", nil, .snappy, "does not compress csv files with snappy"),
            ("gs://my-bucket/a-*.avro", nil, .gzip, "does not compress avro files with gzip"),
            ("gs://my-bucket/a-*.parquet", nil, .deflate, "does not compress parquet files with deflate"),
            ("gs://my-bucket/a-*.csv.gz", nil, ExportCompression.none, "ends with .gz, but the compression"),
        ] as [(String, ExportFormat?, ExportCompression?, String)])
    func rejectsWhatBigQueryRejects(
        uri: String, format: ExportFormat?, compression: ExportCompression?, mention: String
    ) throws {
        let error = try #require(throws: BigQueryError.self) {
            try ExportDestination(uri: uri, format: format, compression: compression)
        }
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains(mention), "\(error)")
    }

    @Test(arguments: [("a-*.csv", true), ("a-*.jsonl", false), ("a-*.parquet", false)])
    func onlyCSVRejectsNestedColumns(name: String, isRejected: Bool) throws {
        let destination = try ExportDestination(uri: Self.bucket + name)
        let member = TableSchema.Field(name: "x", type: .int64)
        for nested in [
            TableSchema.Field(name: "a", type: .int64, mode: .repeated),
            TableSchema.Field(name: "s", type: .structure, fields: [member]),
        ] {
            let schema = TableSchema(fields: [member, nested])
            if isRejected {
                let error = #expect(throws: BigQueryError.self) { try destination.require(schema) }
                #expect(error?.message.contains("the column \(nested.name)") == true)
            } else {
                try destination.require(schema)
            }
        }
        try destination.require(TableSchema(fields: [member]))
    }
}
