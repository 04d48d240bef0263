import SQLiteStaging
import Testing

@testable import BQPullCommands

@Suite struct StagingErrorHintTests {
    static let codes: [(StagingError.Code, hint: String)] = [
        (.databaseUnusable, "another file"),
        (.targetExists, "--if-exists replace, append or upsert"),
        (.targetExists, "--table NAME"),
        (.schemaMismatch, "--if-exists replace"),
        (.noDatabase, "--into"),
        (.noRun, "--into"),
        (.noLoad, "--into"),
        (.invalidValue, "2024-02-01"),
        (.unknownOrigin, "--table NAME"),
        (.noKey, "--key"),
        (.unknownColumn, "select it"),
        (.tooManyColumns, "fewer columns"),
        (.keyViolated, "--key"),
        (.keyViolated, "--keep latest:COLUMN"),
        (.constraintViolated, "drop the constraint"),
        (.incomplete, "same command again"),
        (.busy, "close the programs"),
        (.targetInUse, "--table NAME"),
        (.notEnoughSpace, "another disk"),
        (.io, "check the disk"),
        (.corrupt, "restore it"),
        (.outOfResources, "--memory"),
    ]

    @Test(arguments: codes) func followsFromTheCode(_ example: (StagingError.Code, hint: String)) {
        let error = StagingError(code: example.0, message: "")
        #expect(error.suggestion?.contains(example.hint) == true, "\(error.suggestion ?? "")")
    }

    static let details: [(StagingError.Code, StagingError.Detail, hint: String)] = [
        (.databaseUnusable, .unsuitableTable, "--table NAME"),
        (.databaseUnusable, .conflictingObject, "drop it, or choose another table with --table NAME"),
        (.databaseUnusable, .notWritable, "permissions of the file and its folder"),
        (.databaseUnusable, .newerFormat, "that version of bqpull"),
        (.io, .notWritable, "was not moved"),
        (.io, .diskFull(missingBytes: nil), "free some space and run the same command again"),
        (.io, .diskFull(missingBytes: 4_200_000), "need about 5 MB, and indexes more; free some space"),
        (.corrupt, .truncatedLog, "next to the database"),
        (.outOfResources, .openFileLimit, "ulimit -n"),
        (.keyViolated, .nullKey, "leave such rows out"),
        (.noKey, .noUniqueIndex(statement: "CREATE UNIQUE INDEX i ON t (a)"), ": CREATE UNIQUE INDEX i ON t (a)"),
        (.schemaMismatch, .fixedColumns, "--evolve"),
        (.schemaMismatch, .changedSchema, "--restart"),
        (.unknownColumn, .similarName("orders"), "did you mean orders?"),
        (.unknownColumn, .columns(["a", "b"]), "its columns are a, b"),
        (.unknownColumn, .columns((1...21).map { "c\($0)" }), "c20, …"),
        (.noRun, .runs(path: "my staging.db"), "bqpull runs 'my staging.db'"),
        (.noLoad, .runs(path: "my staging.db"), "bqpull loads 'my staging.db'"),
        (.invalidValue, .runs(path: "my staging.db"), "2024-02-01"),
    ]

    @Test(arguments: details) func followsFromTheDetail(
        _ example: (StagingError.Code, StagingError.Detail, hint: String)
    ) {
        let error = StagingError(code: example.0, message: "", detail: example.1)
        #expect(error.suggestion?.contains(example.hint) == true, "\(error.suggestion ?? "")")
    }

    @Test func areOneLineWithoutAFullStop() {
        for hint in StagingError.entries.values.compactMap(\.hint) {
            #expect(!hint.contains("\n") && !hint.hasSuffix("."), "\(hint)")
        }
    }
}
