import GRDB
import Testing

@testable import SQLiteStaging

@Suite struct StagingErrorTests {
    static let meanings: [(result: ResultCode, opening: StagingError.Code, later: StagingError.Code)] = [
        (.SQLITE_FULL, .io, .io),
        (.SQLITE_IOERR_FSYNC, .io, .io),
        (.SQLITE_READONLY, .databaseUnusable, .io),
        (.SQLITE_READONLY_DBMOVED, .databaseUnusable, .io),
        (.SQLITE_CANTOPEN, .databaseUnusable, .io),
        (.SQLITE_NOTADB, .databaseUnusable, .corrupt),
        (.SQLITE_CORRUPT, .corrupt, .corrupt),
        (.SQLITE_BUSY, .busy, .busy),
        (.SQLITE_BUSY_SNAPSHOT, .busy, .busy),
        (.SQLITE_LOCKED, .busy, .busy),
        (.SQLITE_NOMEM, .outOfResources, .outOfResources),
        (.SQLITE_IOERR_NOMEM, .outOfResources, .outOfResources),
        (.SQLITE_TOOBIG, .valueTooLarge, .valueTooLarge),
        (.SQLITE_CONSTRAINT_UNIQUE, .constraintViolated, .constraintViolated),
        (.SQLITE_ERROR, .unexpected, .unexpected),
    ]

    @Test(arguments: meanings)
    func keepsTheResultCodeOfSQLite(
        _ example: (result: ResultCode, opening: StagingError.Code, later: StagingError.Code)
    ) {
        for (opening, code) in [(true, example.opening), (false, example.later)] {
            let cause = DatabaseError(resultCode: example.result, message: "what SQLite says")
            let error = StagingError(cause, path: "some.db", opening: opening)
            #expect(error.code == code)
            #expect(error.isTransient == (code == .busy))
            #expect(error.message.hasPrefix("some.db: "))
            #expect(
                error.message.hasSuffix("(SQLite error \(example.result.rawValue): what SQLite says)"))
            #expect((error.cause as? DatabaseError)?.extendedResultCode == example.result)
        }
    }
}
