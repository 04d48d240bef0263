import BigQuery

extension BigQueryError {
    /// What a message of an export says, and what to do about it. In lower case.
    private static let exportHints: [(text: String, hint: String)] = [
        (
            "too large to be exported to a single file",
            "put one * into the name, so that several files are written: gs://bucket/prefix-*.csv"
        ),
        ("in different locations", "take a bucket in the location of the data, or copy the data first"),
        (
            "not empty",
            "choose another prefix, or replace files of the same names with --overwrite; those of other names stay"
        ),
        ("nested schema", "export to .jsonl, .avro or .parquet, or leave the column out"),
        ("gs://", "check the name of the bucket, and that the account may write to it"),
    ]

    /// Reasons whose hints hold for exports too.
    private static let ownHints: Set = ["stopped", "bytesBilledLimitExceeded"]

    /// Says of the job of an export what to do about its failure.
    static func explainingExport<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch var error as BigQueryError {
            let message = error.message.lowercased()
            if [.queryFailed, .notFound, .permissionDenied].contains(error.code),
                let known = exportHints.first(where: { message.contains($0.text) })
            {
                error.hint = known.hint
            } else if error.code == .permissionDenied {
                error.hint =
                    "the account needs the roles BigQuery Job User on the project, BigQuery Data Viewer on the data, and Storage Object User on the bucket"
            } else if error.code == .queryFailed, !ownHints.contains(error.reason ?? "") {
                error.hint = "correct the statement, or what it reads or writes"
            }
            throw error
        }
    }
}
